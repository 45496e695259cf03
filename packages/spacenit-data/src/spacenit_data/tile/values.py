"""A window of a raster in numbers of its sensor.

The order is always the same: pixels as stored, which of them are missing, scale and offset, power. Resampling comes
after that, and decibels last: power is what may be averaged.
"""

import numpy as np
from rasterio.io import DatasetReader
from rasterio.windows import Window

from spacenit_core.sensors.plausible import zero_pixels
from spacenit_core.sensors.spec import NODATA
from spacenit_data.rasters.decibels import to_decibels, to_power
from spacenit_data.rasters.masks import read_mask
from spacenit_data.rasters.validity import missing_pixels
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings


def read_values(file: DatasetReader, raster: Raster, window: Window, settings: TileSettings) -> np.ndarray:
    """Read a window as numbers that may be averaged.

    Args:
        file: the open file of the raster.
        raster: what is known of it.
        window: the part to read.
        settings: what counts as missing, and what radar files hold.

    Returns:
        Floating point ``[bands, h, w]`` in the sensor's units, or linear power where decibels are to be made of it; NaN
        where missing.
    """
    bands = list(raster.file_bands)
    raw = file.read(bands, window=window)
    missing = _declared(file, raster, raw, window, settings)
    zeros = None if settings.keep_zeros else zero_pixels(raster.sensor, np.moveaxis(raw, 0, -1))
    if zeros is not None:
        missing |= zeros
    for mask in raster.masks:
        missing |= read_mask(mask, file, window)
    values = raw.astype(np.float64 if raw.dtype.itemsize > 2 else np.float32)
    values[missing] = np.nan
    if not raster.conversion.is_none:
        scale, offset = (
            np.array(numbers)[:, None, None] for numbers in (raster.conversion.scale, raster.conversion.offset)
        )
        values = values * scale + offset
    return to_power(values, settings.amplitude) if is_power(raster, settings) else values


def read_zeros(file: DatasetReader, raster: Raster, window: Window, settings: TileSettings) -> np.ndarray:
    """Where a raster is 0 in all bands and nothing calls that missing: float32 ``[bands, h, w]``, 1 there, else 0."""
    raw = file.read(list(raster.file_bands), window=window)
    zeros = (raw == 0).all(axis=0) & ~_declared(file, raster, raw, window, settings)
    for mask in raster.masks:
        zeros &= ~read_mask(mask, file, window)
    return zeros.astype(np.float32)


def has_undeclared_zeros(
    file: DatasetReader, raster: Raster, raw: np.ndarray, window: Window, settings: TileSettings
) -> bool:
    """Whether pixels of a window, ``[bands, h, w]`` as stored, are missing for nothing but being 0 in all bands."""
    zeros = zero_pixels(raster.sensor, np.moveaxis(raw, 0, -1))
    return zeros is not None and not _declared(file, raster, raw, window, settings)[:, zeros].all()


def may_hold_zeros(raster: Raster, settings: TileSettings) -> bool:
    """Whether zeros of a raster, which `read_values` leaves out, are pixels where its image's other bands have some."""
    a_part = len(raster.channels) < len(raster.sensor.bands)
    no_number = is_power(raster, settings) and settings.amplitude is not None
    return a_part and raster.sensor.zeros_are_missing and not settings.keep_zeros and not no_number


def zeros_as_stored(raster: Raster, settings: TileSettings) -> tuple[float, ...]:
    """What a 0 in each of a raster's bands is in the sensor's stored units."""
    if is_power(raster, settings):
        return (float(to_decibels(np.zeros(1))[0]),) * len(raster.channels)
    return raster.conversion.offset


def _declared(
    file: DatasetReader, raster: Raster, raw: np.ndarray, window: Window, settings: TileSettings
) -> np.ndarray:
    """Which pixels the file, its sensor or the user calls missing: bool, like the pixels."""
    return missing_pixels(
        file,
        list(raster.file_bands),
        raw,
        window,
        numbers=(NODATA, *raster.sensor.raw_nodata, *settings.nodata),
        nodata=raster.nodata,
        alpha_is_data=raster.alpha_is_data,
    )


def to_stored(values: np.ndarray, raster: Raster, settings: TileSettings) -> np.ndarray:
    """From what `read_values` returns, resampled or not, to the sensor's stored units: float32, like the values."""
    stored = to_decibels(values) if is_power(raster, settings) else values
    return stored.astype(np.float32, copy=False)


def is_power(raster: Raster, settings: TileSettings) -> bool:
    """Whether a raster's pixels are linear power, once they are read, to be stored as decibels."""
    return raster.sensor.raw_linear_power and (settings.linear_power or settings.amplitude is not None)


def is_decibels(raster: Raster, settings: TileSettings) -> bool:
    """Whether a raster's pixels are decibels, once they are read: power is averaged in their place."""
    return raster.sensor.raw_linear_power and not is_power(raster, settings)
