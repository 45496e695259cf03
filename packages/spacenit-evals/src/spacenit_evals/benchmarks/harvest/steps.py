"""The dates of the exports: steps of thirty days."""

import numpy as np

from spacenit_evals.benchmarks.series.months import dates_of

STEPS = 12
DAYS = 30


def steps_before(end: str) -> np.ndarray:
    """The middle of each of the twelve steps that lead to a day, int32 ``[12, 3]``; February to January before 1 Feb.

    Args:
        end: "2020-02-01", the day after the last step.
    """
    return steps_from(str(np.datetime64(end[:10], "D") - STEPS * DAYS))


def steps_from(start: str, count: int = STEPS) -> np.ndarray:
    """The middle of each step from a day on, int32 ``[T, 3]``."""
    first = np.datetime64(start[:10], "D") + DAYS // 2
    return dates_of(first + np.arange(count) * DAYS)
