"""Confidence intervals of any score of samples, from what it becomes without one group of samples at a time.

For scores that are no function of a confusion matrix (`scores.intervals` is for those): F1 of many labels, areas under
curves, errors. The delete-one-group jackknife with Student's t, whose degrees of freedom are those that a
variance of values with such tails has (as many as groups less one where there are none). It is taken on a scale
without ends, so that intervals stay within the range of the score. `benchmarks/jackknife_coverage.py` says how often
they hold the truth.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from spacenit_core.rng import generator
from spacenit_evals.scores.intervals import FEWEST_BLOCKS, Interval

MOST_GROUPS = 100
"""More groups are joined at random to so many: intervals hardly change, and scores are computed that often."""

Statistic = Callable[[np.ndarray], float]
"""From what each sample counts for, float ``[n]``, to a score."""

Range = Literal["share", "positive", "below one", "any"]
"""What values a score can have: 0 to 1, from 0, up to 1, any."""

_EDGE = 1e-6
_SMALL = 1e-12
_FEWEST_FREEDOM = 3.0


class GroupJackknife:
    """Scores of one test set of n samples, with intervals.

    Args:
        groups: int ``[n]``, the group of each test sample.
        level: share of the cases in which an interval shall hold the truth.
    """

    def __init__(self, groups: np.ndarray, *, level: float = 0.95) -> None:
        _, group = np.unique(groups, return_inverse=True)
        group, self.count, self.level = group.reshape(-1), int(group.max()) + 1, level
        if self.count > MOST_GROUPS:
            group = (generator(0, "joined groups").permutation(self.count) % MOST_GROUPS)[group]
        self._group = group

    def interval(self, statistic: Statistic, range_: Range) -> Interval:
        """A score on all samples, with its interval.

        Args:
            statistic: the score, from what each sample counts for; NaN where it is not defined.
            range_: what values it can have; "any" for differences.
        """
        value = statistic(np.ones(len(self._group)))
        if not np.isfinite(value):
            return Interval(value, None, None, "the score is not defined for these samples")
        if self.count < FEWEST_BLOCKS:
            reason = f"{self.count} test block{'s' * (self.count > 1)}: an interval needs {FEWEST_BLOCKS} at least"
            return Interval(value, None, None, reason)
        without = np.array([statistic(np.where(self._group == group, 0.0, 1.0)) for group in np.unique(self._group)])
        if not np.isfinite(without).all():
            return Interval(value, None, None, "without some blocks the score is not defined")
        there, back = _SCALES[range_]
        number, scaled = len(without), there(without)
        around = scaled - scaled.mean()
        error = np.sqrt((number - 1) / number * (around**2).sum())
        reach = float(stdtrit(_freedom(around), (1.0 + self.level) / 2)) * error
        middle = there(np.array(value))
        low, high = (float(back(middle + side * reach)) for side in (-1.0, 1.0))
        return Interval(value, min(low, high, value), max(low, high, value))


def _freedom(around: np.ndarray) -> float:
    """Degrees of freedom of the variance of some values, from how heavy their tails are."""
    number, square = len(around), float((around**2).sum())
    if square <= 0:
        return number - 1
    tails = number * float((around**4).sum()) / square**2
    return float(np.clip(2 * number / (tails - 1 + 2 / (number - 1)), _FEWEST_FREEDOM, number - 1))


def _logit(share: np.ndarray) -> np.ndarray:
    inside = np.clip(share, _EDGE, 1.0 - _EDGE)
    return np.log(inside / (1.0 - inside))


_SCALES: dict[Range, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "share": (_logit, lambda scaled: 1.0 / (1.0 + np.exp(-scaled))),
    # The quantiles of a mean of squares lie about evenly on the scale of its fourth root's inverse.
    "positive": (lambda value: np.maximum(value, _SMALL) ** -0.5, lambda scaled: np.maximum(scaled, _SMALL) ** -2.0),
    "below one": (
        lambda value: np.log(np.maximum(1.0 - value, np.finfo(float).tiny)),
        lambda scaled: 1.0 - np.exp(scaled),
    ),
    "any": (lambda value: value, lambda scaled: scaled),
}
