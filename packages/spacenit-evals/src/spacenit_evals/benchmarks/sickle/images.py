"""The images of a sample: a file for each day, an array for each band."""

import zipfile
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_evals.benchmarks.series.months import MonthlyMeans, means_of_months
from spacenit_evals.benchmarks.sickle.masks import SIDE, nearest

SEASON = 6
"""Months."""

_MOST_EMPTY = 0.25


@frozen(kw_only=True)
class _Folder:
    """Attributes:
    name: of the sensor's folder.
    part: of a file's name that holds its day.
    bands: ours -> as the files call them.
    """

    name: str
    part: int
    bands: dict[str, str]


_OPTICAL = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
_FOLDERS = {
    "sentinel2_l2a": _Folder(name="S2", part=0, bands={(f"B0{b[1]}" if len(b) == 2 else b): b for b in _OPTICAL}),
    "sentinel1": _Folder(name="S1", part=4, bands={"vv": "VV", "vh": "VH"}),
}


def read_season(root: Path, uid: str, spec: SensorSpec, first: str) -> MonthlyMeans | None:
    """Means of the six months of a season; None where no image is fit for use.

    Images of which a quarter or more is empty are left out, as the publisher does.

    Args:
        root: the publisher's folder.
        uid: of the sample.
        spec: the sensor.
        first: the first month.

    Raises:
        DataError: where a file is damaged, or its name has no day.
    """
    folder = _FOLDERS[spec.name]
    days, images = [], []
    for path in season_files(root, uid, spec):
        day = _day(path, folder.part)
        if not 0 <= (day.astype("datetime64[M]") - np.datetime64(first, "M")).astype(int) < SEASON:
            continue
        image = _read(path, spec, folder.bands)
        if (image == NODATA).all(axis=-1).mean() < _MOST_EMPTY:
            days.append(day)
            images.append(image)
    if not images:
        return None
    return means_of_months(np.stack(images), np.array(days), first, SEASON)


def season_files(root: Path, uid: str, spec: SensorSpec) -> list[Path]:
    """The images of a sample by a sensor, of its season and others."""
    return sorted((root / "images" / _FOLDERS[spec.name].name / "npy" / uid).glob("*.npz"))


def _day(path: Path, part: int) -> np.datetime64:
    pieces = path.stem.split("_")
    # Names of Sentinel-2 begin with the tile, or with the day.
    place = 1 if part == 0 and path.stem.startswith("T") else part
    try:
        text = pieces[place][:8]
        return np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}", "D")
    except (IndexError, ValueError) as error:
        raise DataError(f"{path} has no day in its name", "copy it again") from error


def _read(path: Path, spec: SensorSpec, bands: dict[str, str]) -> np.ndarray:
    """An image, float32 ``[32, 32, C]``; what is 0 or no number in all bands is missing."""
    out = np.full((SIDE, SIDE, len(spec.bands)), NODATA, np.float32)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            for band, stored in bands.items():
                if stored in file.files:
                    out[..., spec.bands.index(band)] = nearest(np.asarray(file[stored], dtype=np.float32))
    except (OSError, ValueError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again") from error
    out[~np.isfinite(out)] = NODATA
    out[((out == 0) | (out == NODATA)).all(axis=-1)] = NODATA
    return out
