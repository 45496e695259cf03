"""Where samples lie on the ground."""

import numpy as np
from attrs import frozen


@frozen(eq=False)
class Georeference:
    """The reference system, the upper left corner and the size of the cells of m samples.

    Attributes:
        numbers: int64 ``[m]``, the samples' numbers, ascending.
        crs: text ``[m]``, the reference system of each, projected and in metres ("EPSG:32633").
        left: float64 ``[m]``, x of the left edge in metres.
        top: float64 ``[m]``, y of the upper edge in metres.
        gsd: float64 ``[m]``, metres per cell.

    Raises:
        ValueError: for arrays that do not belong together, or numbers that do not ascend.
    """

    numbers: np.ndarray
    crs: np.ndarray
    left: np.ndarray
    top: np.ndarray
    gsd: np.ndarray

    def __attrs_post_init__(self) -> None:
        shapes = {np.shape(array) for array in (self.numbers, self.crs, self.left, self.top, self.gsd)}
        if shapes != {(len(self.numbers),)}:
            raise ValueError(f"numbers, crs, left, top and gsd are [m], one for each sample, not {sorted(shapes)}")
        if (np.diff(self.numbers) <= 0).any():
            raise ValueError("the numbers of samples do not ascend, or one occurs twice")
        if not (np.isfinite([self.left, self.top, self.gsd]).all() and (self.gsd > 0).all()):
            raise ValueError("locations are not in metres of a projected system (left, top, gsd)")

    def __len__(self) -> int:
        return len(self.numbers)
