"""Transform `cutmix`: a rectangle of patches comes from a neighbour in the batch (arXiv:1905.04899)."""

from typing import ClassVar

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import above, between, setting
from spacenit_core.kinds.transforms import TransformConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import SensorBlock
from spacenit_core.samples.normalized_windows import NormalizedWindows


@frozen(kw_only=True)
class CutMix(TransformConfig):
    """A rectangle of whole patches of a window is replaced by what its neighbour has there.

    Neighbours are rows 2i and 2i + 1 of the global batch; the last row of an odd batch has none. The rectangle's share
    of the window is drawn from Beta(alpha, alpha), and is never all of it.

    A sample keeps its dates. For each of its time steps the neighbour's step of the same month, of whatever year, is
    taken; where the neighbour has no such month, or its token is missing, the token inside the rectangle is missing
    too. Neighbours that share no month are not mixed, nor is a window that would be left without any token. Sensors
    without a grid stay.
    """

    pairs: ClassVar[bool] = True

    probability: float = setting("chance of each sample to be mixed", 0.5, validator=between(0, 1))
    alpha: float = setting("of the Beta distribution that sizes are drawn from", 1.0, validator=above(0))

    def inactive(self) -> dict[str, str]:
        """Nothing is mixed by no chance."""
        return {"alpha": "probability=0"} if self.probability == 0 else {}

    def build(self) -> "CutMix":
        """The transform is its own config: it has no state."""
        return self

    def __call__(self, windows: NormalizedWindows, draws: Draws) -> None:
        """Replace a drawn box of cells of each sample by its partner's, in place."""
        grid = windows.layout.rows, windows.layout.columns
        if grid == (1, 1):
            return
        # Both of a pair take what the other was before.
        before = windows.rows(np.ones(len(windows), dtype=bool))
        row_of = {int(position): row for row, position in enumerate(draws.positions)}
        for row, position in enumerate(draws.positions):
            rng, neighbour = draws.rows[row], row_of.get(int(position) ^ 1)
            if rng.random() >= self.probability or neighbour is None:
                continue
            steps = same_months(before.timestamps[row], before.timestamps[neighbour])
            area = rectangle(rng, grid, float(rng.beta(self.alpha, self.alpha)))
            if (steps >= 0).any():
                _paste(windows, row, before, neighbour, area, steps)


def same_months(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """For each of our time steps their first one of the same month, int64 ``[T]``; -1 where there is none.

    Args:
        ours: timestamps ``[T, 3]``: day, month, year.
        theirs: the same.
    """
    same = ours[:, None, 1] == theirs[None, :, 1]
    return np.where(same.any(axis=1), same.argmax(axis=1), -1)


def rectangle(rng: np.random.Generator, grid: tuple[int, int], share: float) -> tuple[slice, slice]:
    """Rows and columns of a random rectangle of patches: about a share of the grid, at least one, never all of it."""
    height, width = (min(max(round(side * share**0.5), 1), side) for side in grid)
    if (height, width) == grid:
        height, width = (height - 1, width) if height > 1 else (height, width - 1)
    top, left = (int(rng.integers(side - length + 1)) for side, length in zip(grid, (height, width), strict=True))
    return slice(top, top + height), slice(left, left + width)


def _paste(
    windows: NormalizedWindows,
    row: int,
    before: NormalizedWindows,
    neighbour: int,
    area: tuple[slice, slice],
    steps: np.ndarray,
) -> None:
    missing = windows.missing[row].copy()
    spatial = [block for block in windows.layout.blocks if block.sensor.spatial]
    for block in spatial:
        part = missing[block.tokens].reshape(block.shape)
        part[area] = _taken(before.missing[neighbour, block.tokens].reshape(block.shape)[area], block, steps, True)
    if missing.all():
        return
    windows.missing[row] = missing
    for block in spatial:
        name, pixels = block.sensor.name, windows.layout.patch_size * block.sensor.pixels_per_cell
        fine = tuple(slice(side.start * pixels, side.stop * pixels) for side in area)
        windows.pixels[name][row][fine] = _taken(before.pixels[name][neighbour][fine], block, steps, 0)


def _taken(values: np.ndarray, block: SensorBlock, steps: np.ndarray, absent: float) -> np.ndarray:
    """A neighbour's values ``[h, w, T, ...]`` in the order of our time steps, `absent` where it has no such step."""
    if not block.sensor.temporal:
        return values
    taken = values[:, :, steps]
    taken[:, :, steps < 0] = absent
    return taken
