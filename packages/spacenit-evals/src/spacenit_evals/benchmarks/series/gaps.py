"""Months without a number."""

from typing import Literal

import numpy as np

Gaps = Literal["left", "filled"]

GAPS = (
    "whether steps without a number are missing, or filled: linear in time within the point, and at points that have "
    "none at all by the median of all points"
)
"""What the setting says."""


def filled(values: np.ndarray) -> np.ndarray:
    """Float ``[n, T]`` without NaN: linear in time between the steps that are there, and level outside of them.

    A point without any number has each step's median over all points; where no point has one, NaN stays.
    """
    known = np.isfinite(values)
    steps = np.arange(values.shape[1])
    if not known.any():
        return values
    reached = known.any(axis=0)
    medians = np.array(
        [np.median(column[there]) for column, there in zip(values.T[reached], known.T[reached], strict=True)]
    )
    of_all = np.interp(steps, steps[reached], medians)
    rows = [
        np.interp(steps, steps[there], row[there]) if there.any() else of_all
        for row, there in zip(values, known, strict=True)
    ]
    return np.stack(rows)
