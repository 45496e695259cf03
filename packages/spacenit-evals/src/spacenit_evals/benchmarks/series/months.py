"""From images of many days to means of months."""

import numpy as np
from attrs import frozen

from spacenit_core.sensors.spec import NODATA

MONTHS = 12
MIDDLE = 15
"""The day that stands for a month."""


@frozen(eq=False)
class MonthlyMeans:
    """The months that have images.

    Attributes:
        values: float32 ``[S, ..., C]``, -99999 where no image of the month has a number.
        present: bool ``[T]``: which months the S are.
        dates: int ``[T, 3]``: the middle of each month.
    """

    values: np.ndarray
    present: np.ndarray
    dates: np.ndarray


def means_of_months(values: np.ndarray, days: np.ndarray, first: str, count: int = MONTHS) -> MonthlyMeans:
    """Mean of each band in each month; images of other months are left out.

    Args:
        values: float ``[D, ..., C]``, -99999 where a number is missing.
        days: datetime64 ``[D]``.
        first: the first month, "2017-01".
        count: of months, T.
    """
    start = np.datetime64(first, "M")
    month = (days.astype("datetime64[M]") - start).astype(np.int64)
    middles = (start + np.arange(count)).astype("datetime64[D]") + (MIDDLE - 1)
    return MonthlyMeans(*means_at(values, month, count), dates_of(middles))


def means_at(values: np.ndarray, place: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the images of each place in a series.

    Args:
        values: float ``[D, ..., C]``, -99999 where a number is missing.
        place: of each image, int ``[D]``; images below 0 or from `count` on are left out.
        count: of places, T.

    Returns:
        Float32 ``[S, ..., C]`` of the places that have images, and which they are, bool ``[T]``.
    """
    present = np.isin(np.arange(count), place)
    found = np.flatnonzero(present)
    out = np.full((len(found), *values.shape[1:]), NODATA, np.float32)
    for row, number in enumerate(found):
        here = values[place == number].astype(np.float64)
        there = (here != NODATA) & np.isfinite(here)
        known = there.sum(axis=0)
        total = np.where(there, here, 0.0).sum(axis=0)
        out[row] = np.where(known > 0, total / np.maximum(known, 1), NODATA)
    return out, present


def dates_of(days: np.ndarray) -> np.ndarray:
    """From datetime64 ``[T]`` to day, month from 0 and year, int32 ``[T, 3]``."""
    months = days.astype("datetime64[M]")
    day = (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    number = months.astype(np.int64)
    return np.stack([day, number % 12, number // 12 + 1970], axis=1).astype(np.int32)
