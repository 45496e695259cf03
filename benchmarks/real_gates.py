"""What the numbers of `real_tables.py` are held to."""

from collections.abc import Callable

import numpy as np
from attrs import frozen

from spacenit_evals.evaluation import Report
from spacenit_evals.results.paired import paired_gain
from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.intervals import Interval
from spacenit_evals.scores.metrics.confusions import confusion

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


def ahead_resampled(protocol: str, features: str, other: str, fewest: int = 1) -> Gate:
    """A paired difference of balanced accuracy whose interval lies above 0, by percentiles of resampled groups.

    Classes with fewer points (of maps: pixels) than `fewest` are left out of the mean.
    """

    def judge(report: Report) -> tuple[bool, str]:
        value, low, high = resampled(report.predictions[protocol], features, other, fewest)
        return low > 0, f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"

    of_classes = f" of classes with {fewest:,} pixels" if fewest > 1 else ""
    text = f"balanced accuracy{of_classes}, {features} ahead of {other} with {protocol}, {RESAMPLES:,} resampled groups"
    return Gate(text, judge)


def score_of(report: Report, protocol: str, features: str) -> Interval:
    """The primary score of one row."""
    rows = [score for score in report.scores if (score.probe, score.features) == (protocol, features)]
    return rows[0].metrics[report.primary]


def resampled(found: Predictions, features: str, other: str, fewest: int) -> tuple[float, float, float]:
    """Difference of the mean balanced accuracy over the draws, with the 95 % percentiles of resampled groups.

    A resample that lacks a class is drawn again.
    """
    _, group = np.unique(found.block, return_inverse=True)
    groups = int(group.max()) + 1
    of_groups = np.stack([_matrices(found, name, group, groups) for name in (features, other)])
    counted = of_groups[0].sum(axis=(1, 3)).mean(axis=0) >= fewest
    rng, rows = np.random.default_rng(0), []
    while len(rows) < RESAMPLES:
        counts = np.bincount(rng.integers(0, groups, groups), minlength=groups)
        matrices = np.tensordot(counts, of_groups, axes=(0, 2))
        if (matrices.sum(axis=-1)[..., counted] > 0).all():
            rows.append(_difference(matrices, counted))
    low, high = np.quantile(rows, (0.025, 0.975))
    return _difference(of_groups.sum(axis=2), counted), float(low), float(high)


def _matrices(found: Predictions, features: str, group: np.ndarray, groups: int) -> np.ndarray:
    """Confusion of each draw and group, ``[d, G, K, K]``; of maps that of their pixels."""
    truth = np.asarray(found.truth[np.arange(len(found.truth))])
    classes, predicted = int(truth.max()) + 1, found.predicted[features]
    out = np.zeros((len(predicted), groups, classes, classes))
    for draw, values in enumerate(predicted):
        for number in range(groups):
            here = truth[group == number].reshape(-1), np.asarray(values[group == number]).reshape(-1)
            known = (here[0] >= 0) & (here[1] >= 0)
            out[draw, number] = confusion(here[0][known], here[1][known], classes)
    return out


def _difference(matrices: np.ndarray, counted: np.ndarray) -> float:
    """From ``[2, d, K, K]``, of some classes, bool ``[K]``."""
    right = np.diagonal(matrices, axis1=-2, axis2=-1) / np.maximum(matrices.sum(axis=-1), 1)
    first, second = right[..., counted].mean(axis=(1, 2))
    return float(first - second)
