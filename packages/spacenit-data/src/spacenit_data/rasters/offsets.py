"""Offsets that users give, for all dates or for a span of them, and steps between dates that look like one."""

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import SensorSpec

_HELP = "write -1000, or with its dates -1000@2022-01-25.. (from that day on), -1000@2022-01-25..2022-12-31"
_NEAR = 0.3
"""How far from a product's offset the darkest pixels of two dates may lie apart, as a share of it."""


@frozen
class DatedOffset:
    """A number to add.

    Attributes:
        value: the number.
        first: the first day that it is for; None for all before `last`.
        last: the last day; None for all from `first` on.
    """

    value: float
    first: dt.date | None = None
    last: dt.date | None = None

    def covers(self, day: dt.date | None) -> bool:
        """Whether it is for images of a day; images without one are covered by offsets without dates."""
        if self.first is None and self.last is None:
            return True
        return day is not None and (self.first or day) <= day <= (self.last or day)


Offsets = Sequence[DatedOffset] | float | str | None


def parse_offset(text: str, origin: str = "--offset") -> DatedOffset:
    """An offset as users write it: ``-1000``, ``-1000@2022-01-25..``, ``-1000@2022-01-25``.

    Raises:
        UserError: for any other text.
    """
    number, separator, span = text.strip().partition("@")
    try:
        value = float(number)
        match = re.fullmatch(r"([\d-]*)(\.\.)?([\d-]*)", span)
        if not math.isfinite(value) or match is None or (separator and not span.strip(".")):
            raise ValueError
        first, last = (dt.date.fromisoformat(part) if part else None for part in (match[1], match[3]))
    except ValueError as error:
        raise UserError(f"{origin}: {text!r} is no offset", _HELP) from error
    return DatedOffset(value, first, last if match[2] else first)


def as_offsets(value: Offsets) -> tuple[DatedOffset, ...]:
    """Offsets however they are given: a number is for all dates, None is no offset.

    Raises:
        UserError: for what is no number.
    """
    if value is None or isinstance(value, str | int | float):
        return () if value is None else (parse_offset(str(value)),)
    return tuple(value)


def offset_at(offsets: Sequence[DatedOffset], day: dt.date | None) -> float | None:
    """The offset for images of a day, the last of those that are for it; None where there is none."""
    return next((offset.value for offset in reversed(offsets) if offset.covers(day)), None)


def dark_values(columns: Sequence[np.ndarray]) -> np.ndarray:
    """How dark the darkest of some pixels are, ``[C]`` (the second percentile): NaN for bands that were not seen."""
    return np.array([np.quantile(values, 0.02) if values.size else np.nan for values in columns])


def find_step(spec: SensorSpec, dark: Mapping[dt.date, np.ndarray]) -> list[dt.date]:
    """The dates whose darkest pixels lie above those of the others by what the sensor's products may hold as an offset.

    Args:
        spec: the sensor.
        dark: date -> `dark_values`.

    Returns:
        Those dates in order; empty where no step is seen, or all dates seem to be alike.
    """
    if not spec.product_offset or len(dark) < 2:
        return []
    days = sorted(dark)
    values = np.stack([dark[day] for day in days])
    seen = np.isfinite(values).any(axis=0)
    if not seen.any():
        return []
    above = values[:, seen] - np.nanmin(values[:, seen], axis=0)
    with np.errstate(invalid="ignore"):
        near = np.abs(above - spec.product_offset) <= _NEAR * spec.product_offset
    # Clouds and snow lift some bands more than others: an offset lifts all alike.
    known = np.isfinite(above)
    lifted = (near | ~known).mean(axis=1) >= 0.8
    low = np.array([np.median(row[mask]) if mask.any() else np.inf for row, mask in zip(above, known, strict=True)])
    ground = low < (1.0 - 2 * _NEAR) * spec.product_offset
    found = [day for day, is_lifted in zip(days, lifted, strict=True) if is_lifted]
    return found if found and ground.any() else []


def all_above(spec: SensorSpec, dark: Mapping[dt.date, np.ndarray]) -> bool:
    """Whether no date has a pixel darker than what the sensor's products may hold as an offset."""
    values = np.concatenate([row[np.isfinite(row)] for row in dark.values()] or [np.zeros(0)])
    return bool(spec.product_offset and values.size and values.min() >= 0.95 * spec.product_offset)
