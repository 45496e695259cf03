"""Transform `dihedral`: quarter turns and mirror images."""

import numpy as np
from attrs import frozen

from spacenit_core.kinds.transforms import TransformConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.normalized_windows import NormalizedWindows


@frozen(kw_only=True)
class Dihedral(TransformConfig):
    """Each window in one of the 8 positions of a square, by chance: turned by quarters, mirrored or not.

    All sensors with a grid turn alike, whatever their resolution, and what is missing with them. Dates stay, and so do
    sensors without a grid. Windows that are not square take one of the 4 positions that keep their shape.
    """

    def build(self) -> "Dihedral":
        """The transform is its own config: it has no state."""
        return self

    def __call__(self, windows: NormalizedWindows, draws: Draws) -> None:
        """Turn and mirror the pixels of each sample, in place, by an element drawn for it."""
        layout = windows.layout
        elements = np.array(ALL if layout.rows == layout.columns else KEEPING_SHAPE)
        chosen = elements[draws.integers(0, len(elements) - 1)]
        for block in layout.blocks:
            if block.sensor.spatial:
                pixels, missing = windows.pixels[block.sensor.name], windows.missing[:, block.tokens]
                for row, element in enumerate(chosen):
                    if element:
                        pixels[row] = placed(pixels[row], element).copy()
                        missing[row] = placed(missing[row].reshape(block.shape), element).ravel()


ALL = tuple(range(8))
"""The elements: q + 4 m is a mirror image (m = 1) or none (m = 0), then q quarter turns."""

KEEPING_SHAPE = (0, 2, 4, 6)
"""The elements that keep the shape of a rectangle."""


def placed(image: np.ndarray, element: int) -> np.ndarray:
    """An image ``[H, W, ...]`` in another position: mirrored along its width if at all, then turned; a view."""
    mirrored = image[:, ::-1] if element >= 4 else image
    return np.rot90(mirrored, element % 4)
