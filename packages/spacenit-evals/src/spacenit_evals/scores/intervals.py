"""Confidence intervals of scores, from what differs between the blocks of ground of the test set.

Neighbouring points are alike, so that points promise more than the data hold; blocks are the units that were drawn
(Roberts et al. 2017, Ecography 40). Few blocks, and classes that lie in few of them, ask for more than the spread of
resampled blocks, whose "95 %" holds the truth in 81 % of cases with five blocks:

- The variance is that of the block sums of every point's influence on the score, each class's part of it corrected
  for the mean that it was taken around (CR2; Bell & McCaffrey 2002, Survey Methodology 28).
- A class whose own blocks cannot show how much it varies (it lies in one block, or all its points are right) varies at
  least as its points would with the correlation within blocks that all classes share.
- Student's t with the degrees of freedom that the blocks have by their share in the variance (Satterthwaite).
- The ends solve (score - end)² = t² variance(end) (Wilson 1927), so that they lie within the metric's range and are as
  asymmetric as it asks for.

`benchmarks/interval_coverage.py` says how often they hold the truth.
"""

from collections.abc import Callable

import numpy as np
from attrs import frozen
from scipy.special import stdtrit

from spacenit_core.kinds.benchmarks import Labels
from spacenit_evals.scores.pairs import Pairs

FEWEST_BLOCKS = 5
"""With fewer test blocks there is no interval: their spread says next to nothing about that of other blocks."""

_FEWEST_FREEDOM = 4.0
_SMALL = 1e-6

Metric = Callable[[np.ndarray], np.ndarray]


@frozen
class Interval:
    """A score with its 95 % confidence interval.

    Attributes:
        value: the score on all test points.
        low: lower end; None where there is no interval.
        high: upper end; None where there is no interval.
        reason: why there is no interval.
    """

    value: float
    low: float | None
    high: float | None
    reason: str = ""

    def __str__(self) -> str:
        return self.text("")

    def text(self, sign: str) -> str:
        """The score and its ends with three digits.

        Args:
            sign: "+" for differences, whose sign is told always; "" for scores.
        """
        if self.low is None or self.high is None:
            return f"{self.value:{sign}.3f} (no interval)"
        return f"{self.value:{sign}.3f} [{self.low:{sign}.3f}, {self.high:{sign}.3f}]"

    @property
    def clear(self) -> bool:
        """Whether a difference is clearly apart from 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class BlockIntervals:
    """Scores of the predictions for one test set of n samples, with intervals.

    A point is a sample, or where labels are maps a pixel of one. Maps are gone through in chunks, so that memory does
    not grow with their number.

    Args:
        blocks: int ``[n]``, the block of each test sample.
        classes: number of classes.
        level: share of the cases in which an interval shall hold the truth.
    """

    def __init__(self, blocks: np.ndarray, classes: int, *, level: float = 0.95) -> None:
        self.classes = classes
        self.level = level
        _, block = np.unique(blocks, return_inverse=True)
        self._block = block.reshape(-1)
        self.count = int(self._block.max()) + 1

    def score(self, truth: Labels, predicted: np.ndarray, metric: Metric) -> Interval:
        """A score of one prediction, with its interval.

        Args:
            truth: int ``[n]``, or maps ``[n, H, W]``, whose pixels below 0 do not count.
            predicted: int ``[n]`` or ``[n, H, W]``, or of d draws of the training set ``[d, ...]``, -1 where a draw
                does not test a point: every point counts once, with the mean over the draws that test it.
            metric: from confusion matrices ``[..., K, K]`` to scores ``[...]`` from 0 to 1, of degree 0 in the counts,
                a function of the diagonal and of the sums of rows and columns.
        """
        return self._interval(truth, [predicted], metric, low=0.0)

    def difference(self, truth: Labels, predicted: np.ndarray, other: np.ndarray, metric: Metric) -> Interval:
        """How much better `predicted` is than `other` at the same points; both as in `score`."""
        return self._interval(truth, [predicted, other], metric, low=-1.0)

    def _interval(self, truth: Labels, predictions: list[np.ndarray], metric: Metric, low: float) -> Interval:
        pairs = [Pairs(truth, predicted) for predicted in predictions]
        judged = [_Judged(one.matrix(self.classes), metric) for one in pairs]
        value = _signed([one.value for one in judged])
        if self.count < FEWEST_BLOCKS:
            reason = f"{self.count} test block{'s' * (self.count > 1)}: an interval needs {FEWEST_BLOCKS} at least"
            return Interval(float(value), None, None, reason)
        tally = self._tally(pairs, judged)
        spread = np.array([_point_variance(judged, tally, label) for label in range(self.classes)])
        variance, freedom = self._variance(tally, spread)
        tail = float(stdtrit(freedom, (1.0 + self.level) / 2))
        middle = _signed([one.cautious_value for one in judged])
        return Interval(float(value), *_ends(value, middle, variance, tail, low))

    def _tally(self, pairs: list[Pairs], judged: list["_Judged"]) -> "_Tally":
        """What the points add to the score, summed by class and block."""
        centre = _signed([one.mean_influence for one in judged])
        tally = _Tally.empty(self.classes, self.count, centre)
        for chunks in zip(*(one.chunks() for one in pairs), strict=True):
            influence = _signed([chunk.mean_of(one.slope) for chunk, one in zip(chunks, judged, strict=True)])
            tally.add(chunks[0].truth, self._block[chunks[0].sample], influence)
        return tally

    def _variance(self, tally: "_Tally", spread: np.ndarray) -> tuple[float, float]:
        """Variance of the sum of the points' influences, and its degrees of freedom."""
        count, total = tally.count, tally.total
        size = np.maximum(count.sum(axis=1, keepdims=True), 1.0)
        mean = total.sum(axis=1, keepdims=True) / size
        free = 1.0 - count / size
        around = np.where(free > _SMALL, (total - count * mean) / np.sqrt(np.maximum(free, _SMALL)), 0.0)
        blockwise = (count * mean + around).sum(axis=0)
        shown = self.count / (self.count - 1) * (blockwise**2).sum()

        inside = _correlation(tally, around)
        expected = spread[:, None] * count * (1.0 + inside * np.maximum(count - 1.0, 0.0))
        unseen = np.maximum(expected.sum(axis=1) - (around**2).sum(axis=1), 0.0).sum()
        of_block = expected.sum(axis=0)
        freedom = of_block.sum() ** 2 / np.maximum((of_block**2).sum(), np.finfo(float).tiny) - 1.0
        return float(shown + unseen), max(float(freedom), _FEWEST_FREEDOM)


@frozen(eq=False)
class _Tally:
    """Influences of points, summed.

    Attributes:
        count: float ``[K, G]``, points of each class in each block.
        total: float ``[K, G]``, sums of their influences.
        square: float ``[K]``, sums of their squared distances from `centre`.
        centre: float ``[K]``, a number near the mean influence of each class, so that squares lose no digits.
    """

    count: np.ndarray
    total: np.ndarray
    square: np.ndarray
    centre: np.ndarray

    @classmethod
    def empty(cls, classes: int, blocks: int, centre: np.ndarray) -> "_Tally":
        return cls(np.zeros((classes, blocks)), np.zeros((classes, blocks)), np.zeros(classes), centre)

    def add(self, truth: np.ndarray, block: np.ndarray, influence: np.ndarray) -> None:
        classes, blocks = self.count.shape
        cell = truth * blocks + block
        self.count[:] += np.bincount(cell, minlength=self.count.size).reshape(classes, blocks)
        self.total[:] += np.bincount(cell, influence, minlength=self.count.size).reshape(classes, blocks)
        self.square[:] += np.bincount(truth, (influence - self.centre[truth]) ** 2, minlength=classes)

    def moments(self, label: int) -> tuple[float, float, float]:
        """Number, mean and mean square around that mean of the points of a class."""
        size = float(self.count[label].sum())
        mean = float(self.total[label].sum()) / size
        return size, mean, max(float(self.square[label]) / size - (mean - float(self.centre[label])) ** 2, 0.0)


def _point_variance(judged: list["_Judged"], tally: _Tally, label: int) -> float:
    """Variance of a point's influence within a class to which one right and one wrong point are added.

    To a difference half a point is added for either side.
    """
    if not tally.count[label].any():
        return 0.0
    added = judged[0].extremes(label)
    if len(judged) > 1:
        added = added - judged[1].extremes(label)[::-1]
    size, mean, spread = tally.moments(label)
    weight = np.append(size, np.full(2, 1.0 / len(judged)))
    around = np.append(mean, added) - np.average(np.append(mean, added), weights=weight)
    return float(np.average(around**2, weights=weight) + spread * size / weight.sum())


def _correlation(tally: _Tally, around: np.ndarray) -> float:
    """Correlation between points of one class and block, from 0 to 1, the same for all classes."""
    count = tally.count
    size = count.sum(axis=1)
    square = np.array(
        [
            0.0 if not count[label].any() else tally.moments(label)[2] * size[label] / max(size[label] - 1.0, 1.0)
            for label in range(len(count))
        ]
    )
    apart = count < size[:, None]
    excess = ((around**2 - square[:, None] * count) * apart).sum()
    pairs = (square[:, None] * count * np.maximum(count - 1.0, 0.0) * apart).sum()
    return float(np.clip(excess / pairs, 0.0, 1.0)) if pairs > 0 else 0.0


class _Judged:
    """One prediction's score, and what each point adds to it."""

    def __init__(self, matrix: np.ndarray, metric: Metric) -> None:
        self.value = metric(matrix)
        self._occurs = matrix.sum(axis=1) > 0
        self.slope = _slope(metric, matrix)
        self.mean_influence = (matrix * self.slope).sum(axis=1) / np.maximum(matrix.sum(axis=1), _SMALL)
        cautious = _with_one_right_and_one_wrong(matrix, self._occurs)
        self.cautious_value = metric(cautious)
        self._cautious_slope = _slope(metric, cautious)

    def extremes(self, label: int) -> np.ndarray:
        """What one more right, and one more wrong, point of a class would add, float ``[2]``."""
        slope = self._cautious_slope[label]
        others = self._occurs & (np.arange(len(slope)) != label)
        return np.array([slope[label], slope[others].mean() if others.any() else slope[label]])


def _slope(metric: Metric, matrix: np.ndarray) -> np.ndarray:
    """How a score changes with each cell of its confusion matrix, ``[K, K]``.

    Scores know of a matrix its diagonal and the sums of rows and columns, so that the slope of a cell off the diagonal
    is one number of its row and one of its column: K cells of either say all.
    """
    step = _SMALL * matrix.sum()
    value = metric(matrix)

    def at(row: int, column: int) -> float:
        more = matrix.copy()
        more[row, column] += step
        return float(metric(more) - value) / step

    classes = range(len(matrix))
    if len(matrix) < 3:
        return np.array([[at(row, column) for column in classes] for row in classes])
    of_row = np.array([at(row, 0) if row else 0.0 for row in classes])
    of_column = np.array([at(0, column) if column else 0.0 for column in classes])
    both = of_row[1] + of_column[2] - at(1, 2)
    of_row[0] = of_column[0] = both
    slope = of_row[:, None] + of_column[None] - both
    slope[classes, classes] = [at(label, label) for label in classes]
    return slope


def _with_one_right_and_one_wrong(matrix: np.ndarray, occurs: np.ndarray) -> np.ndarray:
    """A confusion matrix with one right and one wrong point more in each class that occurs, the rows' sums kept."""
    others = np.outer(occurs, occurs) & ~np.eye(len(matrix), dtype=bool)
    more = matrix + np.diag(occurs) + others / np.maximum(others.sum(axis=1, keepdims=True), 1)
    return more * (matrix.sum(axis=1) / np.maximum(more.sum(axis=1), 1))[:, None]


def _signed(values: list[np.ndarray]) -> np.ndarray:
    """The first value, less the second where there is one."""
    return values[0] if len(values) == 1 else values[0] - values[1]


def _ends(value: np.ndarray, middle: np.ndarray, variance: float, tail: float, low: float) -> tuple[float, float]:
    """The ends of an interval between `low` and 1: Wilson's, of as many points as have this variance at `middle`."""
    width = 1.0 - low
    fraction = np.clip((value - low) / width, 0.0, 1.0)
    near = np.clip((middle - low) / width, _SMALL, 1.0 - _SMALL)
    points = near * (1.0 - near) / max(variance / width**2, np.finfo(float).tiny)
    centre = (fraction * points + tail**2 / 2) / (points + tail**2)
    reach = tail * np.sqrt(fraction * (1.0 - fraction) * points + tail**2 / 4) / (points + tail**2)
    ends = (low + width * np.clip(end, 0.0, 1.0) for end in (centre - reach, centre + reach))
    first, last = (float(end) for end in ends)
    return min(first, float(value)), max(last, float(value))
