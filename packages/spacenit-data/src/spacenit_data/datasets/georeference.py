"""Where the samples of a set lie on the ground, from its own table."""

import csv
from pathlib import Path

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import CRSError

from spacenit_core.errors import DataError
from spacenit_core.samples.georeference import Georeference
from spacenit_data.h5.metadata import LOCATIONS_CSV


def read_georeference(folder: Path) -> Georeference:
    """Read where the samples of a set lie.

    Raises:
        DataError: if the set does not say, or its table is damaged.
    """
    path = folder / LOCATIONS_CSV
    if not path.exists():
        raise DataError(
            f"{folder} does not say where its samples lie: there is no {LOCATIONS_CSV}",
            "sets made by `spacenit-run data tile` and `spacenit-run data convert` have one",
        )
    try:
        return _georeference(path)
    except (OSError, KeyError, TypeError, ValueError, CRSError) as error:
        raise DataError(f"{path} cannot be read: {error}", "make the set again, or copy the file again") from error


def _georeference(path: Path) -> Georeference:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    numbers = np.array([int(row["sample_index"]) for row in rows], dtype=np.int64)
    order = np.argsort(numbers, kind="stable")
    left, top, gsd = (np.array([float(row[key]) for row in rows])[order] for key in ("left", "top", "gsd"))
    crs = np.array([row["crs"] for row in rows], dtype=str)[order]
    local = [name for name in np.unique(crs) if not CRS.from_user_input(str(name)).is_projected]
    if local:
        raise ValueError(f"locations are not in metres of a projected system ({', '.join(local)})")
    return Georeference(numbers[order], crs, left, top, gsd)
