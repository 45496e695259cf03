"""Whether a set counts months from 0 or from 1, as far as its dates tell."""

import calendar
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_data.h5.reader import open_sample
from spacenit_data.h5.timestamps import FIRST_YEAR, FROM_ONE, LAST_YEAR, LateMonthError, read_dates
from spacenit_data.sample_set import sample_path

LOOKED_AT = 64
"""Samples, spread over a set, whose dates are looked at before any work."""


@frozen
class MonthsFound:
    """What the dates of some samples say about how their months are counted.

    Attributes:
        dates: how many there are.
        lowest: the lowest month.
        highest: the highest month.
        impossible: how many dates no calendar has if months count from 0, and if they count from 1.
    """

    dates: int = 0
    lowest: int = 13
    highest: int = -1
    impossible: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, dates: np.ndarray) -> "MonthsFound":
        """Look at timestamps ``[T, 3]``, as stored: day, month, year."""
        wrong = [sum(not exists(int(d), int(m) + 1 - first, int(y)) for d, m, y in dates) for first in (0, 1)]
        months = dates[:, 1]
        return cls(len(dates), int(months.min()), int(months.max()), (wrong[0], wrong[1]))

    def merge(self, other: "MonthsFound") -> "MonthsFound":
        """What both together say."""
        impossible = (self.impossible[0] + other.impossible[0], self.impossible[1] + other.impossible[1])
        lowest, highest = min(self.lowest, other.lowest), max(self.highest, other.highest)
        return MonthsFound(self.dates + other.dates, lowest, highest, impossible)

    @property
    def counted_from(self) -> int | None:
        """The number of January; None where the dates fit both ways of counting, or neither."""
        from_zero, from_one = (count == 0 for count in self.impossible)
        return None if from_zero == from_one else 1 if from_one else 0

    def sentence(self, read_from: int) -> str:
        """What was found, for people.

        Args:
            read_from: how the months are read.
        """
        if not self.dates:
            return "no dates were found"
        span = f"{self.lowest} to {self.highest}" if self.lowest < self.highest else f"all {self.lowest}"
        if self.counted_from is not None:
            wrongly = f", but are read as from {read_from}" if self.counted_from != read_from else ""
            return f"months count from {self.counted_from} ({span}){wrongly}"
        if self.impossible == (0, 0):
            return f"months are {span}, which fits counting from 0 and from 1: read as from {read_from}"
        return f"months are {span}, and some dates are impossible counted from 0 and from 1: read as from {read_from}"


def look_at_months(folder: Path, numbers: Sequence[int] | np.ndarray) -> MonthsFound:
    """What up to 64 samples, spread over those of these numbers, say; files that cannot be read are passed over."""
    found = MonthsFound()
    for position in np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), LOOKED_AT)).astype(int)):
        try:
            with open_sample(sample_path(folder, int(numbers[position]))) as file:
                stored = file.values("timestamps")
            found = found.merge(MonthsFound.of(_as_stored(stored)))
        except (DataError, AttributeError, ValueError):
            continue
    return found


def _as_stored(stored: np.ndarray) -> np.ndarray:
    try:
        return read_dates(stored)
    except LateMonthError:
        return read_dates(stored, months_from=1) + np.array((0, 1, 0))


def check_months(found: MonthsFound, months_from: int, folder: Path) -> None:
    """Refuse to read dates a month off.

    Args:
        found: what samples of the set say.
        months_from: how its months would be read, 0 or 1.
        folder: the set.

    Raises:
        UserError: where the dates show that the set counts otherwise.
    """
    if found.counted_from is not None and found.counted_from != months_from:
        hint = FROM_ONE if found.counted_from else "leave out months_from{months}"
        raise UserError(f"{folder}: {found.sentence(months_from)}", hint, things=("months",))


@lru_cache(maxsize=4096)
def exists(day: int, month: int, year: int) -> bool:
    """Whether there is such a day of images, months counted from 1 to 12."""
    return 1 <= month <= 12 and FIRST_YEAR <= year <= LAST_YEAR and 1 <= day <= calendar.monthrange(year, month)[1]
