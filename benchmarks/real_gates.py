"""What the numbers of `real_tables.py` are held to."""

from collections.abc import Callable

import numpy as np
from attrs import frozen

from spacenit_evals.evaluation import Report
from spacenit_evals.results.paired import paired_gain
from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.intervals import Interval
from spacenit_evals.scores.metrics.confusions import balanced_accuracy, confusion

RESAMPLES = 1000


@frozen
class Gate:
    """Something that has to hold.

    Attributes:
        text: what, with its protocol.
        judge: from a report to whether it holds, and what was found.
    """

    text: str
    judge: Callable[[Report], tuple[bool, str]]


def at_least(protocol: str, features: str, lowest: float) -> Gate:
    """A score that is no lower."""

    def judge(report: Report) -> tuple[bool, str]:
        found = score_of(report, protocol, features)
        return found.value >= lowest, str(found)

    return Gate(f"{features} with {protocol} at least {lowest:g}", judge)


def near(protocol: str, features: str, value: float, apart: float) -> Gate:
    """A score that was measured elsewhere."""

    def judge(report: Report) -> tuple[bool, str]:
        found = score_of(report, protocol, features)
        return abs(found.value - value) <= apart, str(found)

    return Gate(f"{features} with {protocol} within {apart:.3g} of {value:g}", judge)


def ahead(protocol: str, features: str, other: str) -> Gate:
    """A paired difference whose interval lies above 0, by the intervals of all our reports."""

    def judge(report: Report) -> tuple[bool, str]:
        found = report.predictions[protocol]
        gain = paired_gain(found, found, features, other)
        return gain is not None and gain.low is not None and gain.low > 0, gain.text("+") if gain else "no difference"

    return Gate(f"{features} ahead of {other} with {protocol}", judge)


def ahead_resampled(protocol: str, features: str, other: str) -> Gate:
    """A paired difference of balanced accuracy whose interval lies above 0, by percentiles of resampled groups."""

    def judge(report: Report) -> tuple[bool, str]:
        found = report.predictions[protocol]
        value, low, high = resampled(found, features, other)
        return low > 0, f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"

    return Gate(f"{features} ahead of {other} with {protocol}, {RESAMPLES:,} resamples of the groups", judge)


def score_of(report: Report, protocol: str, features: str) -> Interval:
    """The primary score of one row."""
    rows = [score for score in report.scores if (score.probe, score.features) == (protocol, features)]
    return rows[0].metrics[report.primary]


def resampled(found: Predictions, features: str, other: str) -> tuple[float, float, float]:
    """Difference of the mean balanced accuracy over the draws, with the 95 % percentiles of resampled groups.

    A resample that lacks a class is drawn again.
    """
    truth = np.asarray(found.truth)
    classes = int(truth.max()) + 1
    _, group = np.unique(found.block, return_inverse=True)
    groups = int(group.max()) + 1
    of_groups = np.stack(
        [_matrices(truth, found.predicted[name], group, groups, classes) for name in (features, other)]
    )
    rng, rows = np.random.default_rng(0), []
    while len(rows) < RESAMPLES:
        counts = np.bincount(rng.integers(0, groups, groups), minlength=groups)
        matrices = np.tensordot(counts, of_groups, axes=(0, 2))
        if (matrices.sum(axis=-1) > 0).all():
            rows.append(_difference(matrices))
    low, high = np.quantile(rows, (0.025, 0.975))
    return _difference(of_groups.sum(axis=2)), float(low), float(high)


def _matrices(truth: np.ndarray, predicted: np.ndarray, group: np.ndarray, groups: int, classes: int) -> np.ndarray:
    """Confusion of each draw and group, ``[d, G, K, K]``."""
    out = np.zeros((len(predicted), groups, classes, classes))
    for draw, row in enumerate(predicted):
        for number in range(groups):
            here = (group == number) & (row >= 0)
            out[draw, number] = confusion(truth[here], row[here], classes)
    return out


def _difference(matrices: np.ndarray) -> float:
    """From ``[2, d, K, K]``."""
    first, second = balanced_accuracy(matrices).mean(axis=1)
    return float(first - second)
