"""The dates of a sample as its file holds them."""

import numpy as np

FROM_ONE = (
    "where the set counts months from 1, say so: months_from=1{months}; "
    "`spacenit-run data convert --from-h5 DIR --out NEW --months-from 1` writes it anew, counted from 0"
)
"""What to do about a month 12; `months` is a thing of this hint."""

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Other years are no dates of images: seconds, days since a day, two digits, numbers that overflowed."""


class LateMonthError(ValueError):
    """A month 12 where months should count from 0."""


def read_dates(stored: np.ndarray, months_from: int = 0) -> np.ndarray:
    """Timestamps as stored, in any type of numbers, to int64 ``[T, 3]``: day 1-31, month 0-11, year.

    Args:
        stored: ``[T, 3]``; months as the set counts them.
        months_from: the number of January in the set, 0 or 1.

    Raises:
        ValueError: saying what is wrong, to be completed by the name of the file.
    """
    if stored.dtype.kind not in "biuf":
        raise ValueError(f"holds {stored.dtype}, not numbers")
    if stored.ndim != 2 or stored.shape[1] != 3 or not len(stored):
        raise ValueError(f"has the shape {list(stored.shape)}, not [T, 3]")
    if stored.dtype.kind == "f" and not (np.isfinite(stored) & (stored == np.floor(stored))).all():
        odd = stored[~(np.isfinite(stored) & (stored == np.floor(stored)))]
        raise ValueError(f"holds {odd[0]:g}, not a whole day, month or year")
    dates = stored.astype(np.int64)
    dates[:, 1] -= months_from
    day, month = dates[:, 0], dates[:, 1]
    if day.min() < 1 or day.max() > 31 or month.min() < 0 or month.max() > 11:
        only_late = day.min() >= 1 and day.max() <= 31 and month.min() >= 0 and month.max() == 12
        what = f"days outside of 1-31 or months outside of {months_from}-{months_from + 11}"
        raise LateMonthError(f"holds {what}") if only_late and not months_from else ValueError(f"holds {what}")
    years = dates[:, 2]
    if years.min() < FIRST_YEAR or years.max() > LAST_YEAR:
        raise ValueError(f"holds the year {years[(years < FIRST_YEAR) | (years > LAST_YEAR)][0]}")
    return dates
