"""Reading the images of a raw tile."""

import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data.convert.catalog import RawTile
from spacenit_data.convert.raw_layout import TILE_CELLS, csv_path, raster_path

LOWEST_POWER = 1e-10
"""Linear power below which decibels stay at -100."""


def read_sensor(root: Path, spec: SensorSpec, tile: RawTile) -> np.ndarray:
    """All images of one sensor, in the rasters' data type.

    Returns:
        [256*k, 256*k, T, C] with a grid, [T, C] with time only, [C] without either.

    Raises:
        DataError: naming the file that is missing, cannot be read, or is not what the CSV says.
    """
    steps = len(tile.dates[spec.name])
    groups = [_read_group(root, spec, group, tile, steps) for group in spec.band_groups]
    images = np.concatenate(groups, axis=1)
    if spec.spatial:
        return np.ascontiguousarray(images.transpose(2, 3, 0, 1))
    return images[:, :, 0, 0] if spec.temporal else images[0, :, 0, 0]


def flaw(spec: SensorSpec, values: np.ndarray) -> str | None:
    """Why a sensor's images cannot be used, None if they can."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return "NaN or infinite pixels"
    if any((values == nodata).any() for nodata in spec.raw_nodata):
        return "nodata pixels"
    if spec.raw_all_zero_is_absent and not values.any():
        return "all zero"
    return None


def to_stored(spec: SensorSpec, values: np.ndarray) -> np.ndarray:
    """From the units of the rasters to those of H5 files: linear power becomes float32 decibels."""
    if not spec.raw_linear_power:
        return values
    return 10.0 * np.log10(np.maximum(values.astype(np.float32, copy=False), np.float32(LOWEST_POWER)))


def _read_group(root: Path, spec: SensorSpec, group: BandGroup, tile: RawTile, steps: int) -> np.ndarray:
    """The images of one band group: [T, C, side, side], side 1 without a grid."""
    path = raster_path(root, spec, group, tile.crs, tile.column, tile.row)
    image = _read(path, csv_path(root, spec))
    bands, height, width = image.shape
    if bands != steps * len(group.bands):
        expected = f"{steps} images of {len(group.bands)} bands" if spec.temporal else f"{len(group.bands)} bands"
        raise DataError(f"{path} has {bands} bands, but {csv_path(root, spec).name} lists {expected}")
    side = TILE_CELLS * spec.pixels_per_cell if spec.spatial else 1
    if height != width or max(height, side) % min(height, side) or (not spec.spatial and height != 1):
        wanted = f"a square of {side} pixels, or of a multiple or fraction of it" if spec.spatial else "one pixel"
        raise DataError(f"{path} has {width} x {height} pixels", f"{spec.name} should have {wanted}")
    return _resample(image, side).reshape(steps, len(group.bands), side, side)


def _read(path: Path, listed_in: Path) -> np.ndarray:
    if not path.is_file():
        raise DataError(f"{path} is missing, though {listed_in.name} lists it", "copy it again, or remove its lines")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                return raster.read()
    except (RasterioError, OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error.__cause__ or error}", "copy or download it again") from error


def _resample(image: np.ndarray, side: int) -> np.ndarray:
    """Nearest neighbour by a whole factor: the upper left pixel of each block, or each pixel repeated."""
    size = image.shape[-1]
    if size > side:
        return image[:, :: size // side, :: size // side]
    return image.repeat(side // size, axis=1).repeat(side // size, axis=2)
