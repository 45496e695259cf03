"""Labelled points with the splits that they are trained and tested in."""

import numpy as np
from attrs import frozen

from spacenit_evals.labels import LabelledPoints
from spacenit_evals.splits import Split


@frozen(kw_only=True, eq=False)
class Task:
    """Labelled points with their splits.

    Attributes:
        points: n points.
        blocks: int ``[n]``, the block of each.
        draws: one per draw of the training blocks: one split, or one per fold; no draw tests a point twice.
    """

    points: LabelledPoints
    blocks: np.ndarray
    draws: tuple[tuple[Split, ...], ...]

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits of all draws."""
        return tuple(split for draw in self.draws for split in draw)

    @property
    def tested(self) -> np.ndarray:
        """Which points are tested by any draw, bool ``[n]``."""
        return np.any([split.test for split in self.splits], axis=0)
