"""True and predicted classes of points, in chunks: of samples all at once, of maps so many that they fit in memory."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen

from spacenit_core.kinds.benchmarks import Labels
from spacenit_evals.scores.metrics.confusions import confusion

CHUNK = 1 << 18
"""Pixels at a time."""


@frozen(eq=False)
class Chunk:
    """m points, each tested by one draw at least.

    Attributes:
        sample: int ``[m]``, the sample that each is of.
        truth: int ``[m]``.
        predicted: int ``[d, m]``, -1 where a draw does not test a point.
    """

    sample: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        """What each prediction counts for, float ``[d, m]``: those of one point together 1."""
        tested = self.predicted >= 0
        weight: np.ndarray = tested / np.maximum(tested.sum(axis=0), 1)
        return weight

    def matrix(self, classes: int) -> np.ndarray:
        """Who was taken for whom, float ``[K, K]``."""
        draw, point = np.nonzero(self.predicted >= 0)
        return confusion(self.truth[point], self.predicted[draw, point], classes, self.weight[draw, point])

    def mean_of(self, cells: np.ndarray) -> np.ndarray:
        """The mean over the draws of each point's cell of a matrix, float ``[m]``."""
        draw, point = np.nonzero(self.predicted >= 0)
        values = self.weight[draw, point] * cells[self.truth[point], self.predicted[draw, point]]
        return np.bincount(point, values, len(self.truth))


@frozen(eq=False)
class Pairs:
    """What is true and what was predicted.

    Attributes:
        truth: int ``[n]``, or maps ``[n, H, W]``, whose pixels below 0 do not count.
        predicted: int of the same shape, or of d draws ``[d, ...]``.
    """

    truth: Labels
    predicted: np.ndarray

    def chunks(self) -> Iterator[Chunk]:
        """All points, in the order of the samples."""
        dimensions = len(self.truth.shape)
        rows = self.predicted if self.predicted.ndim > dimensions else self.predicted[None]
        if dimensions == 1:
            yield Chunk(np.arange(len(self.truth)), np.asarray(self.truth), rows)
            return
        step = max(CHUNK // (int(np.prod(self.truth.shape[1:])) * len(rows)), 1)
        for start in range(0, len(self.truth), step):
            numbers = np.arange(start, min(start + step, len(self.truth)))
            truth = self.truth[numbers]
            predicted = np.stack([row[start : start + step] for row in rows])
            counts = (truth >= 0) & (predicted >= 0).any(axis=0)
            sample = np.broadcast_to(numbers[:, None, None], truth.shape)[counts]
            yield Chunk(sample, truth[counts].astype(np.int64), predicted[:, counts].astype(np.int64))

    def matrix(self, classes: int) -> np.ndarray:
        """Who was taken for whom, float ``[K, K]``: every point counts once, with the mean over its draws."""
        total = np.zeros((classes, classes))
        for chunk in self.chunks():
            total += chunk.matrix(classes)
        return total
