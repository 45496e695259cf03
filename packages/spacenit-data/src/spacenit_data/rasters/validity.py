"""Which pixels a raster file says are none: every way in which files say so, for all commands alike."""

from collections.abc import Sequence

import numpy as np
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader
from rasterio.windows import Window

from spacenit_core.sensors.plausible import FILL


def missing_pixels(
    file: DatasetReader,
    bands: Sequence[int],
    raw: np.ndarray,
    window: Window | None = None,
    *,
    numbers: Sequence[float] = (),
    nodata: float | None = None,
    alpha_is_data: bool = False,
) -> np.ndarray:
    """Find the pixels that are not there.

    A pixel is missing in a band if it is not finite, is the band's nodata value or one of `numbers`, or is masked: by a
    mask band, a ``.msk`` file beside the raster, or an alpha band at any place. What one of these says, no other takes
    back: GDAL itself heeds only one of them.

    Args:
        file: the raster.
        bands: numbers of the bands that were read, from 1.
        raw: their pixels as the file stores them, ``[bands, h, w]``.
        window: where in the file they lie; the whole of it if None.
        numbers: more values that mark missing pixels.
        nodata: the nodata value of all bands, where GDAL reports another; None where GDAL is right.
        alpha_is_data: whether a band that the file calls alpha holds pixels of a sensor.

    Returns:
        bool ``[bands, h, w]``.
    """
    missing = np.zeros(raw.shape, bool)
    if raw.dtype.kind == "f":
        missing = ~(np.abs(raw) < FILL)
    for place, band in enumerate(bands):
        stated = file.nodatavals[band - 1] if nodata is None else nodata
        for value in (*numbers, *(() if stated is None else (stated,))):
            missing[place] |= _equals(raw[place], value)
        if _has_mask(file, band):
            missing[place] |= file.read_masks(band, window=window) == 0
    if not alpha_is_data:
        for band in alpha_bands(file):
            if band not in bands:
                missing |= file.read(band, window=window) == 0
    return missing


def ways_of_missing(
    file: DatasetReader, band: int, *, nodata: float | None = None, alpha_is_data: bool = False
) -> list[str]:
    """How a file says which pixels of a band are missing, for people: ``0``, ``mask``, ``alpha band 4``.

    Args:
        file: the raster.
        band: the band's number, from 1.
        nodata: as in `missing_pixels`.
        alpha_is_data: as in `missing_pixels`.
    """
    stated = file.nodatavals[band - 1] if nodata is None else nodata
    found = [] if stated is None else [f"{stated:g}"]
    found += ["mask"] if _has_mask(file, band) else []
    return found + ([] if alpha_is_data else [f"alpha band {number}" for number in alpha_bands(file) if number != band])


def alpha_bands(file: DatasetReader) -> list[int]:
    """The numbers of the bands that the file calls alpha."""
    return [band for band, role in enumerate(file.colorinterp, start=1) if role == ColorInterp.alpha]


def read_masked(file: DatasetReader, band: int, window: Window | None = None) -> np.ma.MaskedArray:
    """One band, masked where it has no pixel.

    Args:
        file: the raster.
        band: its number, from 1.
        window: the part to read; all of it if None.

    Returns:
        ``[h, w]`` in the file's data type.
    """
    raw = file.read([band], window=window)
    return np.ma.masked_array(raw[0], missing_pixels(file, [band], raw, window)[0])


def _has_mask(file: DatasetReader, band: int) -> bool:
    """Whether GDAL knows of a mask that is not made from what is asked for by itself: a nodata value, an alpha band."""
    flags = file.mask_flag_enums[band - 1]
    return MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags


def _equals(raw: np.ndarray, value: float) -> np.ndarray:
    """Where pixels are a number, which may be one that their type cannot hold."""
    if raw.dtype.kind in "iu":
        limits = np.iinfo(raw.dtype)
        if value != value or value != int(value) or not limits.min <= value <= limits.max:
            return np.zeros(raw.shape, bool)
        return np.asarray(raw == int(value))
    return np.asarray(raw == np.asarray(value).astype(raw.dtype))
