"""`labels.geojson` of CropHarvest: a row for each labelled place."""

import json
from pathlib import Path
from typing import Any

from attrs import frozen

from spacenit_core.errors import DataError

FILE = "labels.geojson"


@frozen
class Place:
    """One row.

    Attributes:
        index: its number in its data set.
        dataset: who collected it.
        lat: degrees.
        lon: degrees.
        end: the day after its series, "2020-02-01".
        is_crop: whether anything is grown there.
        label: the crop; None where that is not stated.
        is_test: whether it is kept for tests.
    """

    index: int
    dataset: str
    lat: float
    lon: float
    end: str
    is_crop: bool
    label: str | None
    is_test: bool


def read_places(folder: Path) -> list[Place]:
    """All rows.

    Raises:
        DataError: where the table is missing, damaged, or lacks a column.
    """
    path = folder / FILE
    try:
        features = json.loads(path.read_bytes())["features"]
        return [_place(feature["properties"]) for feature in features]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} cannot be read: {type(error).__name__} {error}", "zenodo.org/record/10251170 has it"
        ) from error


def _place(row: dict[str, Any]) -> Place:
    return Place(
        index=int(row["index"]),
        dataset=str(row["dataset"]),
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        end=str(row["export_end_date"])[:10],
        is_crop=bool(int(row["is_crop"])),
        label=None if row.get("label") is None else str(row["label"]),
        is_test=bool(row["is_test"]),
    )
