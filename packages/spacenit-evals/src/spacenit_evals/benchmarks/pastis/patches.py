"""What PASTIS-R says of its patches: folds, dates and places."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_data.tile.grid import WGS84, project
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, VALIDATION

SIDE_OF_FOLD = {1: TRAIN, 2: TRAIN, 3: TRAIN, 4: VALIDATION, 5: TEST}
DATES = {"sentinel2": "dates-S2", "sentinel1": "dates-S1A"}


@frozen(eq=False)
class Patch:
    """One patch.

    Attributes:
        name: its number as text.
        fold: 1 to 5.
        days: sensor -> the day of each image.
        latlon: degrees, of its middle; NaN where its place is not known.
    """

    name: str
    fold: int
    days: dict[str, tuple[date, ...]]
    latlon: tuple[float, float]


def read_patches(folder: Path) -> list[Patch]:
    """All patches, by fold and otherwise in the publisher's order.

    Raises:
        DataError: where metadata.geojson is damaged, or one side of the split has no patch.
    """
    path = folder / "metadata.geojson"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        name = ((content.get("crs") or {}).get("properties") or {}).get("name", "EPSG:4326")
        patches = [_patch(feature, _system(str(name))) for feature in content["features"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"{path} cannot be read: {error!r}", "copy it again from its publisher") from error
    wrong = next((patch for patch in patches if patch.fold not in SIDE_OF_FOLD), None)
    if wrong is not None:
        raise DataError(f"{path} puts patch {wrong.name} into fold {wrong.fold}", "folds are 1 to 5")
    absent = {TRAIN, TEST} - {SIDE_OF_FOLD[patch.fold] for patch in patches}
    if absent:
        raise DataError(f"{path} has no patch in folds 1 to 3, or none in fold 5", "copy it again from its publisher")
    return sorted(patches, key=lambda patch: patch.fold)


def _patch(feature: dict[str, Any], system: Any) -> Patch:
    facts = feature["properties"]
    latlon = (np.nan, np.nan)
    if feature.get("geometry"):
        ring = feature["geometry"]["coordinates"][0]
        ring = ring[0] if feature["geometry"]["type"] == "MultiPolygon" else ring
        middle = np.mean(np.array([point[:2] for point in ring[:-1]], float), axis=0)
        lon, lat = (float(part[0]) for part in project(system, WGS84, *middle))
        latlon = (lat, lon)
    days = {sensor: _days(facts[key]) for sensor, key in DATES.items() if key in facts}
    return Patch(str(facts["ID_PATCH"]), int(facts["Fold"]), days, latlon)


def _days(listed: Any) -> tuple[date, ...]:
    """Dates by number of the image, "0" first; some releases write the mapping as text."""
    if isinstance(listed, str):
        listed = json.loads(listed.replace("'", '"'))
    return tuple(date.fromisoformat(str(listed[key])) for key in sorted(listed, key=int))


def _system(name: str) -> Any:
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise ValueError(str(error)) from error
