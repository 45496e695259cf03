"""Numbers, of samples or of pixels."""

from functools import cached_property, partial

import numpy as np

from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.intervals import Interval
from spacenit_evals.scores.jackknife import GroupJackknife, Range
from spacenit_evals.scores.metrics.errors import METRICS, SUMS, sums
from spacenit_evals.scores.pairs import CHUNK

_RANGES: dict[str, Range] = {"RMSE": "positive", "MAE": "positive", "R2": "below one"}


class NumbersJudge:
    """A number for each point; of two predictions that with the smaller error is better.

    Args:
        found: what was predicted.
    """

    primary = "RMSE"

    def __init__(self, found: Predictions) -> None:
        self.found = found
        self.jackknife = GroupJackknife(found.block)
        self._sums: dict[str, np.ndarray] = {}

    def metrics(self, features: str) -> dict[str, Interval]:
        """Means over the draws."""
        return {
            name: self.jackknife.interval(partial(self._score, name, features), range_)
            for name, range_ in _RANGES.items()
        }

    def gain(self, features: str, other: str) -> Interval:
        """By how much the RMSE is smaller."""
        return self.jackknife.interval(
            lambda weight: self._score("RMSE", other, weight) - self._score("RMSE", features, weight), "any"
        )

    def draws(self, features: str) -> tuple[float, ...]:
        """RMSE of each row of predictions."""
        return tuple(METRICS["RMSE"](row.sum(axis=0)) for row in self._of(features))

    def better(self, one: float, other: float) -> float:
        """By how much it is smaller."""
        return other - one

    def recall(self, features: str) -> dict[int, float]:
        """Empty: there are no classes."""
        return {}

    def confusion(self, features: str) -> None:
        """None: there are no classes."""

    def _score(self, name: str, features: str, weight: np.ndarray) -> float:
        return float(np.mean([METRICS[name](weight @ row) for row in self._of(features)]))

    def _of(self, features: str) -> np.ndarray:
        """Sums of each row of predictions and each sample, float ``[d, n, 5]``."""
        if features not in self._sums:
            self._sums[features] = np.stack([self._of_row(row) for row in self.found.predicted[features]])
        return self._sums[features]

    def _of_row(self, row: np.ndarray) -> np.ndarray:
        truth, found = self.found.truth, np.zeros((len(row), len(SUMS)))
        for start in range(0, len(row), self._step):
            numbers = np.arange(start, min(start + self._step, len(row)))
            for number, true, predicted in zip(numbers, truth[numbers], row[numbers], strict=True):
                if np.isfinite(predicted).all():
                    found[number] = sums(np.atleast_1d(true), np.atleast_1d(predicted))
        return found

    @cached_property
    def _step(self) -> int:
        """Samples at a time."""
        return max(CHUNK // int(np.prod(self.found.truth.shape[1:], initial=1)), 1)
