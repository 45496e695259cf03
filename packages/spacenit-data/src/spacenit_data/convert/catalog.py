"""The tiles of a raw data set, from its CSV files."""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.convert.raw_layout import csv_path

COLUMNS = ("crs", "col", "row", "tile_time", "image_idx", "start_time", "end_time")

Date = tuple[int, int, int]
"""Day 1-31, month 0-11, year."""

TilePosition = tuple[str, int, int]
"""CRS, column, row."""


@frozen
class RawTile:
    """One tile of the grid and the images that the CSV files list for it.

    Attributes:
        crs: its coordinate reference system, as ``EPSG:32610``.
        column: its column; x of its left edge is column * 256 * gsd.
        row: its row; y of its upper edge is -row * 256 * gsd.
        dates: sensor -> the dates of its images, in file order; one entry for a sensor without time.
    """

    crs: str
    column: int
    row: int
    dates: dict[str, tuple[Date, ...]]

    def __str__(self) -> str:
        return f"tile {self.crs}_{self.column}_{self.row}"


@frozen
class Catalog:
    """The tiles that may become samples, in the order of CRS, column and row.

    Attributes:
        tiles: those with at least one series.
        repeated_rows: CSV rows left out because their image was listed before.
    """

    tiles: tuple[RawTile, ...]
    repeated_rows: int

    @classmethod
    def read(cls, root: Path, sensors: SensorSet) -> "Catalog":
        """Read the CSV files of these sensors.

        Raises:
            DataError: for a CSV that is not what it should be, naming file and line.
        """
        dates: dict[TilePosition, dict[str, tuple[Date, ...]]] = {}
        repeated = 0
        series = {spec.name for spec in sensors if spec.temporal}
        shared: dict[tuple[Date, ...], tuple[Date, ...]] = {}
        for spec in sensors:
            listed, again = _read_csv(csv_path(root, spec), spec)
            repeated += again
            for position, days in listed.items():
                # Most tiles have the same dates: one copy of them serves all.
                whole = tuple(days)
                dates.setdefault(position, {})[spec.name] = shared.setdefault(whole, whole)
        tiles = (RawTile(*position, dates[position]) for position in sorted(dates) if series & dates[position].keys())
        return cls(tuple(tiles), repeated)


def _read_csv(path: Path, spec: SensorSpec) -> tuple[dict[TilePosition, list[Date]], int]:
    found: dict[TilePosition, dict[int, Date]] = {}
    repeated = 0
    for position, number, day in _rows(path):
        images = found.setdefault(position, {})
        if number in images or (number and not spec.temporal):
            repeated += 1
        else:
            images[number] = day
    return {position: _in_order(path, position, images) for position, images in found.items()}, repeated


def _in_order(path: Path, position: TilePosition, images: dict[int, Date]) -> list[Date]:
    """The dates of a tile's images, which are numbered from 0 without gaps: the rasters hold them in that order."""
    absent = next((number for number in range(len(images)) if number not in images), None)
    if absent is not None:
        crs, column, row = position
        raise DataError(
            f"{path}: tile {crs}_{column}_{row} has no image_idx {absent}, but {len(images)} others",
            "add the missing line, or remove all lines of the tile",
        )
    return [images[number] for number in range(len(images))]


def _rows(path: Path) -> Iterator[tuple[TilePosition, int, Date]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            lacking = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if lacking:
                raise DataError(f"{path} has no column {lacking[0]!r}", f"its columns should be {', '.join(COLUMNS)}")
            for row in reader:
                try:
                    position = (row["crs"].strip(), int(row["col"]), int(row["row"]))
                    start = datetime.fromisoformat(row["start_time"])
                    yield position, int(row["image_idx"]), (start.day, start.month - 1, start.year)
                except (ValueError, TypeError, AttributeError) as error:
                    raise DataError(f"{path}, line {reader.line_num}: {error}", "correct or remove the line") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
