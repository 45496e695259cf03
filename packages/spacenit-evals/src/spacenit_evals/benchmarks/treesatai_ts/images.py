"""The images of one stand: series in HDF5, and an aerial image beside."""

from pathlib import Path

import numpy as np
import rasterio
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_data.rasters.quiet import open_quietly
from spacenit_evals.benchmarks.middles import middle_of
from spacenit_evals.benchmarks.series.finite import check_finite
from spacenit_evals.benchmarks.series.h5_file import opened_h5
from spacenit_evals.benchmarks.series.point_series import stacked

OPTICAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
RADAR = ("vv", "vh")
AERIAL = ("IR", "G", "B", "R")
"""The bands of the files, in their order."""

CELLS = 6
_MASKS = 2
"""Of the layers of the mask those that are used: probabilities of snow and clouds in percent."""


@frozen(eq=False)
class Series:
    """Images of one sensor.

    Attributes:
        values: float32 ``[D, H, W, C]``; -99999 where a pixel is missing. Radar in linear power.
        days: datetime64 ``[D]``, ascending.
    """

    values: np.ndarray
    days: np.ndarray


def find_series(root: Path, name: str) -> Path:
    """The file of a stand's series; its name may end in the year.

    Raises:
        DataError: where there is none.
    """
    for folder in (root / "sentinel", root / "sentinel-ts"):
        found = [folder / f"{name}.h5"] if (folder / f"{name}.h5").is_file() else sorted(folder.glob(f"{name}_20??.h5"))
        if found:
            return found[0]
    raise DataError(f"{root} has no series of {name}", "sentinel or sentinel-ts has a file NAME.h5 for each stand")


def find_aerial(root: Path, name: str) -> Path | None:
    """The aerial image of a stand; None where there is none."""
    places = (root / "aerial" / f"{name}.tif", root / "aerial" / "60m" / f"{name}.tif")
    return next((place for place in places if place.is_file()), None)


def read_optical(path: Path, spec: SensorSpec, most_clouds: float) -> Series:
    """Sentinel-2 of a stand, in the order of the sensor's bands."""
    with opened_h5(path) as file:
        stored, masks = file["sen-2-data"][()], file["sen-2-masks"][()]
        days = _days(path, file["sen-2-products"][()], 2)
    stored = _checked(path, stored, days, len(OPTICAL))
    if most_clouds < 100:
        covered = (masks[:, :_MASKS] > most_clouds).any(axis=1)
        stored = np.where(covered[:, None], np.nan, stored)
    named = dict(zip(OPTICAL, np.moveaxis(stored, 1, 0), strict=True))
    return _ascending(stacked(spec, named, (len(days), CELLS, CELLS)), days)


def read_radar(path: Path, spec: SensorSpec, orbit: str) -> Series:
    """Sentinel-1 of a stand in linear power, of one orbit or both."""
    parts, days = [], []
    for key in {"both": ("asc", "des"), "ascending": ("asc",), "descending": ("des",)}[orbit]:
        with opened_h5(path) as file:
            stored = file[f"sen-1-{key}-data"][()]
            found = _days(path, file[f"sen-1-{key}-products"][()], 4)
        parts.append(_checked(path, stored, found, len(RADAR)))
        days.append(found)
    power = np.concatenate(parts)
    named = dict(zip(RADAR, np.moveaxis(np.where(power > 0, power, np.nan), 1, 0), strict=True))
    return _ascending(stacked(spec, named, (len(power), CELLS, CELLS)), np.concatenate(days))


def read_aerial(path: Path, spec: SensorSpec) -> np.ndarray:
    """The aerial image as means over the sensor's pixels, float32 ``[H*k, W*k, 1, C]``.

    Raises:
        DataError: where it is absent or damaged, or has other bands.
    """
    side = CELLS * spec.pixels_per_cell
    try:
        with open_quietly(str(path)) as file:
            if file.count != len(AERIAL):
                raise DataError(f"{path} has {file.count} bands, not {', '.join(AERIAL)}", "copy it again")
            shape = (len(AERIAL), side, side)
            pixels = file.read(out_shape=shape, resampling=rasterio.enums.Resampling.average, out_dtype="float32")
    except rasterio.errors.RasterioError as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again") from error
    return stacked(spec, dict(zip(AERIAL, pixels, strict=True)), (side, side))[:, :, None]


def read_middle(path: Path) -> np.ndarray:
    """Where the aerial image lies: latitude and longitude of its middle, float32 ``[2]``.

    Raises:
        DataError: where it is absent or damaged.
    """
    try:
        with open_quietly(str(path)) as file:
            return middle_of(file)
    except rasterio.errors.RasterioError as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again") from error


def decibels(power: np.ndarray) -> np.ndarray:
    """Linear power in dB, float32 of its shape; what is missing stays so."""
    there = power != NODATA
    return np.where(there, 10 * np.log10(np.where(there, power, 1.0)), NODATA).astype(np.float32)


def _ascending(values: np.ndarray, days: np.ndarray) -> Series:
    order = np.argsort(days, kind="stable")
    return Series(values[order], days[order])


def _days(path: Path, products: np.ndarray, part: int) -> np.ndarray:
    """The day in each product's name, datetime64 ``[D]``."""
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in products]
    try:
        texts = [name.split("_")[part][:8] for name in names]
        return np.array([f"{text[:4]}-{text[4:6]}-{text[6:]}" for text in texts], dtype="datetime64[D]")
    except (IndexError, ValueError) as error:
        raise DataError(f"{path} has products without a day: {error}", "copy it again") from error


def _checked(path: Path, values: np.ndarray, days: np.ndarray, bands: int) -> np.ndarray:
    if values.shape != (len(days), bands, CELLS, CELLS):
        raise DataError(f"{path} holds {values.shape}, not {len(days)} dates x {bands} x 6 x 6", "copy it again")
    check_finite(values, str(path))
    return values.astype(np.float64)
