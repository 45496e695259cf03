"""Scores of how well the members of a class are ranked before the others: area under the ROC curve, average precision.

Points with equal scores count as one step of either curve, as scikit-learn has it.
"""

import numpy as np
from attrs import frozen


@frozen(eq=False)
class Ranking:
    """Points in the order of their scores, from the highest, so that other weights need no other sorting.

    Attributes:
        order: int ``[n]``.
        last: bool ``[n]``, by rank: whether the next point has another score.
        member: bool ``[n]``, by rank: whether the point is of the class.
    """

    order: np.ndarray
    last: np.ndarray
    member: np.ndarray

    @classmethod
    def of(cls, member: np.ndarray, score: np.ndarray) -> "Ranking":
        """Sort points.

        Args:
            member: bool ``[n]``.
            score: float ``[n]``, finite.
        """
        order = np.argsort(-score, kind="stable")
        ranked = score[order]
        return cls(order, np.append(ranked[1:] != ranked[:-1], True), member[order])

    def auroc(self, weight: np.ndarray) -> float:
        """Area under the ROC curve; NaN where one side is empty.

        Args:
            weight: float ``[n]``, what each point counts for.
        """
        right, wrong = self._sums(weight)
        if not right[-1] > 0 or not wrong[-1] > 0:
            return float("nan")
        before = np.append(0.0, right[:-1])
        area = (np.diff(wrong, prepend=0.0) * (before + right)).sum() / 2
        return float(area / (right[-1] * wrong[-1]))

    def average_precision(self, weight: np.ndarray) -> float:
        """Mean precision over the members, each at its own score; NaN where there is none."""
        right, wrong = self._sums(weight)
        if not right[-1] > 0:
            return float("nan")
        found, seen = np.diff(right, prepend=0.0), right + wrong
        return float((found * right / np.where(seen > 0, seen, 1.0)).sum() / right[-1])

    def _sums(self, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weight of the members, and of the others, down to each score."""
        ranked = weight[self.order]
        right = np.cumsum(ranked * self.member)[self.last]
        wrong = np.cumsum(ranked * ~self.member)[self.last]
        return right, wrong


class ScoreHistogram:
    """Scores of pixels, counted in bins, for areas under curves whose memory does not grow with the pixels.

    Args:
        classes: number of classes.
        bins: number of bins of equal width between 0 and 1, which the scores of a class lie between.
    """

    def __init__(self, classes: int, bins: int = 1000) -> None:
        self.bins = bins
        self.counts = np.zeros((classes, 2, bins), dtype=np.int64)

    @classmethod
    def of(cls, counts: np.ndarray) -> "ScoreHistogram":
        """One that has counted already, from its `counts`."""
        made = cls(len(counts), counts.shape[-1])
        made.counts[:] = counts
        return made

    def add(self, truth: np.ndarray, scores: np.ndarray) -> None:
        """Count pixels.

        Args:
            truth: int ``[m]``.
            scores: float ``[m, K]``, from 0 to 1.
        """
        place = np.clip((scores * self.bins).astype(np.int64), 0, self.bins - 1)
        for label in range(len(self.counts)):
            for side, here in enumerate((truth != label, truth == label)):
                self.counts[label, side] += np.bincount(place[here, label], minlength=self.bins)

    def auroc(self) -> tuple[float, float]:
        """Mean over the classes that occur, with the most that the exact value can be away from it."""
        values, errors = [], []
        for wrong, right in self.counts[:, :, ::-1]:
            pairs = float(right.sum()) * float(wrong.sum())
            if pairs:
                before = np.cumsum(right) - right
                ties = float((right * wrong).sum()) / 2
                values.append(((before * wrong).sum() + ties) / pairs)
                errors.append(ties / pairs)
        return _mean(values), _mean(errors)

    def average_precision(self) -> tuple[float, float]:
        """Mean over the classes that occur, with the most that the exact value can be away from it."""
        values, errors = [], []
        for wrong, right in self.counts[:, :, ::-1].astype(np.float64):
            if right.sum():
                found, seen = np.cumsum(right), np.cumsum(right + wrong)
                first, others = found - right, seen - found - wrong
                # Precision rises from member to member of a bin, lowest where the bin's others come first.
                low = (first + 1) / np.maximum(first + 1 + others + wrong, 1)
                high = found / np.maximum(found + others, 1)
                ends = [float((right * end).sum() / right.sum()) for end in (low, high)]
                values.append(float((right * found / np.maximum(seen, 1)).sum() / right.sum()))
                errors.append(max(ends[1] - values[-1], values[-1] - ends[0]))
        return _mean(values), _mean(errors)


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
