"""Scores of predicted numbers, from sums over the samples."""

import numpy as np

SUMS = ("count", "absolute error", "squared error", "truth", "squared truth")
"""What is summed."""


def sums(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The sums of some numbers, float64 ``[5]``; those whose truth is NaN do not count."""
    known = np.isfinite(truth)
    true = truth[known].astype(np.float64)
    error = predicted[known].astype(np.float64) - true
    return np.array([len(true), np.abs(error).sum(), (error**2).sum(), true.sum(), (true**2).sum()])


def mean_absolute_error(total: np.ndarray) -> float:
    """Of sums ``[5]``, in the unit of the numbers."""
    return float(total[1] / total[0])


def root_mean_squared_error(total: np.ndarray) -> float:
    """Of sums ``[5]``, in the unit of the numbers."""
    return float(np.sqrt(total[2] / total[0]))


def r_squared(total: np.ndarray) -> float:
    """Of sums ``[5]``: 1 less the share of the variance that is not explained; NaN where the truth does not vary."""
    varies = total[4] - total[3] ** 2 / total[0]
    return float(1.0 - total[2] / varies) if varies > 1e-12 * max(total[4], 1.0) else float("nan")


METRICS = {"RMSE": root_mean_squared_error, "MAE": mean_absolute_error, "R2": r_squared}
"""The scores of a regression, by the name that a report prints."""
