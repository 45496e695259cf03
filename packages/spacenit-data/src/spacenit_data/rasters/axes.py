"""The axes of netCDF variables, as GDAL shows them: one band per step, which its tags place on the axes."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from attrs import frozen
from rasterio.io import DatasetReader

from spacenit_core.errors import DataError

_SINCE = re.compile(
    r"\s*(day|hour|minute|(?:milli|micro|nano)?second)s?\s+since\s+(\d{1,4})-(\d{1,2})-(\d{1,2})(.*)", re.IGNORECASE
)
_CALENDARS = ("", "standard", "gregorian", "proleptic_gregorian")
_SECONDS = {
    "day": 86400.0,
    "hour": 3600.0,
    "minute": 60.0,
    "second": 1.0,
    "millisecond": 1e-3,
    "microsecond": 1e-6,
    "nanosecond": 1e-9,
}

_UNSIGNED_FILLS = {"uint8": 255.0, "uint16": 65535.0, "uint32": 4294967295.0}
_SIGNED_FILLS = {"uint8": 129.0, "uint16": 32769.0, "uint32": 2147483649.0}
"""The signed types' default fills, read as unsigned."""


@frozen
class Axes:
    """Where the bands of a dataset lie on axes besides those of the ground.

    Attributes:
        values: for each band, axis -> value as text.
        time: the axis of time; empty where there is none.
        units: its units, such as `days since 1990-01-01`.
        calendar: its calendar.
    """

    values: Sequence[Mapping[str, str]]
    time: str
    units: str
    calendar: str

    @classmethod
    def of(cls, tags: Mapping[str, str], bands: Sequence[Mapping[str, str]]) -> "Axes":
        """The axes that a dataset's tags and its bands' tags tell of."""
        names = [name for name in tags.get("NETCDF_DIM_EXTRA", "").strip("{}").split(",") if name]
        values = [{name: band.get(f"NETCDF_DIM_{name}", "") for name in names} for band in bands]
        time = next((name for name in names if _is_time(name, tags)), "")
        return cls(values, time, tags.get(f"{time}#units", ""), tags.get(f"{time}#calendar", ""))

    def groups(self) -> list[tuple[tuple[str, ...], list[int]]]:
        """Bands (by number, from 1) that differ in time alone, with their values on the other axes."""
        found: dict[tuple[str, ...], list[int]] = {}
        for number, band in enumerate(self.values, start=1):
            place = tuple(value for name, value in band.items() if name != self.time)
            found.setdefault(place if self.time else (*place, str(number)), []).append(number)
        return [(place if self.time else place[:-1], numbers) for place, numbers in found.items()]

    def day(self, number: int) -> dt.date | None:
        """The day of a band; None without an axis of time.

        Raises:
            DataError: for an axis that is not counted in a usual way.
        """
        if not self.time:
            return None
        match = _SINCE.fullmatch(self.units)
        if match is None or self.calendar.lower() not in _CALENDARS:
            given = f"{self.units!r} in the calendar {self.calendar or 'standard'!r}"
            raise DataError(
                f"its axis {self.time!r} counts {given}, which gives no dates",
                "count days (hours, minutes, seconds) since a date in the standard calendar, or write a file per date",
            )
        start = dt.datetime(int(match[2]), int(match[3]), int(match[4]))
        clock = re.match(r"[T\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?", match[5])
        if clock is not None:
            start += dt.timedelta(hours=int(clock[1]), minutes=int(clock[2]), seconds=int(clock[3] or 0))
        value = float(self.values[number - 1][self.time])
        return (start + dt.timedelta(seconds=value * _SECONDS[match[1].lower()])).date()


def _is_time(name: str, tags: Mapping[str, str]) -> bool:
    stated = (tags.get(f"{name}#axis", "").upper() == "T", tags.get(f"{name}#standard_name", "").lower() == "time")
    return any(stated) or " since " in tags.get(f"{name}#units", "")


def unsigned_fill(file: DatasetReader, tags: Mapping[str, str]) -> float | None:
    """What marks missing pixels in a netCDF variable that is stored signed, means unsigned and states no fill value.

    GDAL then reports the signed type's default fill, read as unsigned, or none. The unsigned type's default is meant.
    """
    kind = file.dtypes[0]
    stated = any(name in tags for name in ("_FillValue", "missing_value"))
    if tags.get("_Unsigned", "").lower() != "true" or stated or kind not in _UNSIGNED_FILLS:
        return None
    return _UNSIGNED_FILLS[kind] if file.nodatavals[0] in (None, _SIGNED_FILLS[kind]) else None
