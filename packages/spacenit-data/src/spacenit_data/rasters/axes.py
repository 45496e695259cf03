"""The axes of netCDF variables, as GDAL shows them: one band per step, which its tags place on the axes."""

import datetime as dt
import itertools
import math
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

_WAY_OUT = "count days (hours, minutes, seconds) since a date in the standard calendar, or write a file per date"

_TIMES = ("time", "t", "date")
"""Names of axes that hold dates, whatever else is said of them."""

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
        names = _listed(tags.get("NETCDF_DIM_EXTRA", ""))
        lengths = [int((_listed(tags.get(f"NETCDF_DIM_{name}_DEF", "")) or ["1"])[0]) for name in names]
        places = [(0,) * len(names)] * len(bands)
        if math.prod(lengths) == len(bands):
            places = list(itertools.product(*map(range, lengths)))
        values = [
            {
                name: band.get(f"NETCDF_DIM_{name}") or _value(name, step, length, tags)
                for name, step, length in zip(names, place, lengths, strict=True)
            }
            for band, place in zip(bands, places, strict=True)
        ]
        time = next((name for name, length in zip(names, lengths, strict=True) if _is_time(name, length, tags)), "")
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
            DataError: for an axis that is not counted in a usual way, or where it holds no date.
        """
        if not self.time:
            return None
        text = self.values[number - 1][self.time]
        try:
            return self._counted(text) if " since " in self.units else dt.datetime.fromisoformat(text).date()
        except (ValueError, OverflowError) as error:
            units = f" {self.units}" if self.units else ""
            raise DataError(f"its axis {self.time!r} holds {text!r}{units}, which is no date", _WAY_OUT) from error

    def _counted(self, text: str) -> dt.date:
        match = _SINCE.fullmatch(self.units)
        if match is None or self.calendar.lower() not in _CALENDARS:
            given = f"{self.units!r} in the calendar {self.calendar or 'standard'!r}"
            raise DataError(f"its axis {self.time!r} counts {given}, which gives no dates", _WAY_OUT)
        start = dt.datetime(int(match[2]), int(match[3]), int(match[4]))
        clock = re.match(r"[T\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?", match[5])
        if clock is not None:
            start += dt.timedelta(hours=int(clock[1]), minutes=int(clock[2]), seconds=int(clock[3] or 0))
        return (start + dt.timedelta(seconds=float(text) * _SECONDS[match[1].lower()])).date()


def _listed(text: str) -> list[str]:
    return [item for item in text.strip("{}").split(",") if item]


def _value(axis: str, step: int, length: int, tags: Mapping[str, str]) -> str:
    """What an axis holds at a step: GDAL writes texts, such as names of bands, in one list only."""
    texts = tags.get(f"NETCDF_DIM_{axis}_VALUES", "").strip("{}").split(",")
    return texts[step] if len(texts) == length else str(step)


def _is_time(name: str, length: int, tags: Mapping[str, str]) -> bool:
    if length > 1 and name.lower() in _TIMES:
        return True
    stated = (tags.get(f"{name}#axis", "").upper() == "T", tags.get(f"{name}#standard_name", "").lower() == "time")
    return any(stated) or " since " in tags.get(f"{name}#units", "")


def is_in_degrees(tags: Mapping[str, str]) -> bool:
    """Whether the axes of a dataset, by its tags, are longitude and latitude in degrees."""
    units = {text.lower().replace("degrees", "degree") for key, text in tags.items() if key.endswith("#units")}
    return {"degree_north", "degree_east"} <= units


def unsigned_fill(file: DatasetReader, tags: Mapping[str, str]) -> float | None:
    """What marks missing pixels in a netCDF variable that is stored signed, means unsigned and states no fill value.

    GDAL then reports the signed type's default fill, read as unsigned, or none. The unsigned type's default is meant.
    """
    kind = file.dtypes[0]
    stated = any(name in tags for name in ("_FillValue", "missing_value"))
    if tags.get("_Unsigned", "").lower() != "true" or stated or kind not in _UNSIGNED_FILLS:
        return None
    return _UNSIGNED_FILLS[kind] if file.nodatavals[0] in (None, _SIGNED_FILLS[kind]) else None
