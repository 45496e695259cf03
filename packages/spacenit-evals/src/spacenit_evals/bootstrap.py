"""Confidence intervals by resampling whole blocks of the test set.

Neighbouring points are alike, so that resampling points would promise more than the data hold; blocks are the units
that were drawn (Roberts et al. 2017, Ecography 40). All methods are resampled together, so that their differences are
paired.
"""

from collections.abc import Callable

import numpy as np
from attrs import frozen

from spacenit_core.rng import generator
from spacenit_evals.metrics import confusion


@frozen
class Interval:
    """A score with its confidence interval.

    Attributes:
        value: the score on all test points.
        low: lower end.
        high: upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class BlockBootstrap:
    """Resampled test sets, the same for every prediction that is scored.

    Args:
        blocks: int ``[n]``, the block of each test point.
        classes: number of classes.
        draws: number of resampled test sets.
        level: share of the draws inside of an interval.
        seed: of the draws.
    """

    def __init__(
        self, blocks: np.ndarray, classes: int, *, draws: int = 2000, level: float = 0.95, seed: int = 0
    ) -> None:
        self.classes = classes
        self.level = level
        _, self._block = np.unique(blocks, return_inverse=True)
        count = int(self._block.max()) + 1
        drawn = generator(seed, "bootstrap").integers(count, size=(draws, count))
        self._weights = np.stack([np.bincount(row, minlength=count) for row in drawn])

    def score(self, truth: np.ndarray, predicted: np.ndarray, metric: Callable[[np.ndarray], np.ndarray]) -> Interval:
        """A score of one prediction, with its interval."""
        matrices = self._by_block(truth, predicted)
        return self._interval(metric(matrices.sum(axis=0)), metric(self._resampled(matrices)))

    def difference(
        self,
        truth: np.ndarray,
        predicted: np.ndarray,
        other: np.ndarray,
        metric: Callable[[np.ndarray], np.ndarray],
    ) -> Interval:
        """How much better `predicted` is than `other` on the same resampled test sets."""
        ours, theirs = self._by_block(truth, predicted), self._by_block(truth, other)
        resampled = metric(self._resampled(ours)) - metric(self._resampled(theirs))
        return self._interval(metric(ours.sum(axis=0)) - metric(theirs.sum(axis=0)), resampled)

    def _by_block(self, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """One confusion matrix per block, ``[blocks, K, K]``."""
        blocks = range(self._weights.shape[1])
        inside = [self._block == number for number in blocks]
        return np.stack([confusion(truth[here], predicted[here], self.classes) for here in inside])

    def _resampled(self, matrices: np.ndarray) -> np.ndarray:
        return np.tensordot(self._weights, matrices, axes=1)

    def _interval(self, value: np.ndarray, resampled: np.ndarray) -> Interval:
        tail = (1.0 - self.level) / 2
        low, high = np.quantile(resampled, [tail, 1.0 - tail])
        return Interval(float(value), float(low), float(high))
