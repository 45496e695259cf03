"""The files that describe a set, checked against its samples."""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from attrs import define
from rasterio.crs import CRS
from rasterio.errors import RasterioError

from spacenit_core.errors import DataError
from spacenit_data.h5.metadata import LATLON_NPY, LOCATIONS_CSV, METADATA_CSV, SETTINGS_JSON
from spacenit_data.h5.sample import Location
from spacenit_data.listing import Listing
from spacenit_data.sample_set import sample_numbers
from spacenit_data.tile.grid import WGS84, project
from spacenit_data.validate.problems import Problem
from spacenit_data.validate.sample import SampleFindings

Report = Callable[[Problem], None]

NEAR = 0.001
"""Degrees; about a hundred metres."""


@define(kw_only=True)
class Metadata:
    """What the metadata files say.

    Attributes:
        numbers: the samples whose files are there.
        sensors: sample -> the sensors that the CSV says it has; None without a CSV.
        columns: the sensors that the CSV has a column for.
        latlon: [N, 2], degrees; None without the file.
        locations: sample -> its location; empty without the file.
    """

    numbers: list[int]
    sensors: dict[int, frozenset[str]] | None
    columns: tuple[str, ...]
    latlon: np.ndarray | None
    locations: dict[int, Location]

    @classmethod
    def read(cls, folder: Path, report: Report) -> "Metadata":
        """Read what can be read; the rest is reported."""
        columns, sensors = _read_listing(folder, report)
        numbers = sample_numbers(folder)
        _read_settings(folder / SETTINGS_JSON, report)
        metadata = cls(
            numbers=numbers,
            sensors=sensors,
            columns=columns,
            latlon=_read_latlon(folder / LATLON_NPY, report),
            locations=_read_locations(folder / LOCATIONS_CSV, report),
        )
        metadata._compare_counts(report)
        return metadata

    def _compare_counts(self, report: Report) -> None:
        if not self.numbers:
            report(Problem("csv", METADATA_CSV, "there are no sample files"))
        if self.sensors is not None:
            there, listed = set(self.numbers), set(self.sensors)
            for number in sorted(listed - there):
                report(Problem("csv", f"sample_{number}.h5", "is listed, but there is no such file"))
            for number in sorted(there - listed):
                report(Problem("csv", f"sample_{number}.h5", "is not listed"))
        if self.latlon is not None and self.numbers and len(self.latlon) != max(self.numbers) + 1:
            what = f"holds {len(self.latlon)} places, but samples go up to {max(self.numbers)}"
            report(Problem("latlon-file", LATLON_NPY, what))

    def compare(self, found: SampleFindings, report: Report) -> None:
        """Compare one sample with what is said about it."""
        name = f"sample_{found.number}.h5"
        if any(problem.check == "unreadable" for problem in found.problems):
            return
        if self.sensors is not None and found.number in self.sensors:
            listed, there = self.sensors[found.number], frozenset(found.arrays)
            for sensor in sorted((listed - there) - {"latlon"}):
                report(Problem("csv", name, f"has no {sensor}, though the CSV says so"))
            for sensor in sorted(there - listed):
                report(Problem("csv", name, f"has {sensor}, though the CSV says no"))
        if found.latlon is None:
            return
        if self.latlon is not None and found.number < len(self.latlon):
            row = self.latlon[found.number]
            if not np.allclose(row, found.latlon, rtol=0.0, atol=NEAR, equal_nan=True):
                report(Problem("latlon-file", name, f"lies at {_degrees(found.latlon)}, not at {_degrees(row)}"))
        if found.number in self.locations:
            self._compare_location(self.locations[found.number], found, report)

    @staticmethod
    def _compare_location(location: Location, found: SampleFindings, report: Report) -> None:
        name, latlon = f"sample_{found.number}.h5", found.latlon
        cells = next((facts.cells for facts in found.arrays.values() if facts.cells), None)
        if latlon is None or cells is None or not all(map(math.isfinite, latlon)):
            return
        half = cells * location.gsd / 2
        try:
            lon, lat = project(CRS.from_user_input(location.crs), WGS84, location.left + half, location.top - half)
        except (RasterioError, ValueError) as error:
            report(Problem("location", name, f"reference system {location.crs[:40]!r}: {str(error)[:80]}"))
            return
        across = abs((lon[0] - latlon[1] + 180.0) % 360.0 - 180.0) * math.cos(math.radians(lat[0]))
        if not (abs(lat[0] - latlon[0]) < NEAR and across < NEAR):
            what = f"its centre is {_degrees(latlon)}, but its place is around {_degrees((lat[0], lon[0]))}"
            report(Problem("location", name, what))


def _degrees(latlon: "tuple[float, float] | np.ndarray") -> str:
    return f"{float(latlon[0]):.4f}, {float(latlon[1]):.4f}"


def _read_listing(folder: Path, report: Report) -> tuple[tuple[str, ...], dict[int, frozenset[str]] | None]:
    path = folder / METADATA_CSV
    if not path.exists():
        report(Problem("metadata", path.name, "is missing; it is written last, so the set may be unfinished"))
        return (), None
    try:
        listing = Listing.read(folder, repeats=True).in_files(folder)
    except DataError as error:
        report(Problem("metadata", path.name, error.message.removeprefix(f"{path} ")))
        return (), None
    for number in listing.repeated:
        report(Problem("csv", path.name, f"lists sample {number} more than once"))
    for name in listing.foreign:
        report(Problem("foreign", path.name, f"column {name or 'without a name'}"))
    held = {
        number: frozenset(name for name, has in listing.sensors.items() if has[place])
        for place, number in enumerate(listing.numbers.tolist())
    }
    return tuple(listing.sensors), held


def _read_latlon(path: Path, report: Report) -> np.ndarray | None:
    try:
        values = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        report(Problem("metadata", path.name, "is missing"))
        return None
    except (OSError, ValueError, EOFError) as error:
        report(Problem("metadata", path.name, f"cannot be read: {str(error)[:100]}"))
        return None
    if values.ndim != 2 or values.shape[1] != 2 or values.dtype.kind != "f":
        report(Problem("latlon-file", path.name, f"holds {values.dtype}{list(values.shape)}, not numbers [N, 2]"))
        return None
    return values


def _read_settings(path: Path, report: Report) -> None:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        report(Problem("metadata", path.name, "is missing"))
    except (OSError, ValueError) as error:
        report(Problem("metadata", path.name, f"cannot be read: {error}"))


def _read_locations(path: Path, report: Report) -> dict[int, Location]:
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {
                int(row["sample_index"]): Location(row["crs"], *(float(row[key]) for key in ("left", "top", "gsd")))
                for row in csv.DictReader(file)
            }
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        report(Problem("metadata", path.name, f"cannot be read: {error!r}"))
        return {}
