"""Read rasters onto a grid: missing pixels found, numbers brought to the sensor's units, pixels to the grid."""

import math

import numpy as np
from rasterio import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import reproject
from rasterio.windows import Window

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import MISSING
from spacenit_data.rasters.opening import OPEN
from spacenit_data.tile.areas import PlacedRaster
from spacenit_data.tile.grid import Grid, at, project
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings

KERNEL = {Resampling.cubic: 2}
"""Pixels on either side of a place that a method looks at, where it is not one."""


def read_onto(placed: PlacedRaster, grid: Grid, row: int, column: int, settings: TileSettings) -> np.ndarray | None:
    """Read a tile of the grid from a raster.

    Args:
        placed: the raster.
        grid: the grid it was placed on.
        row: first cell row.
        column: first cell column.
        settings: the tile's size, and what counts as missing.

    Returns:
        float32 [bands, P, P] in the sensor's units, P = tile size * pixels per cell, NaN where missing; None where the
        raster does not reach.

    Raises:
        DataError: if the file cannot be read.
    """
    raster = placed.raster
    pixels = settings.tile_size * raster.sensor.pixels_per_cell
    target = grid.transform(row, column, raster.sensor.pixels_per_cell)
    out = np.full((len(raster.channels), pixels, pixels), np.nan, np.float32)
    with OPEN.get(raster.path) as file:
        if placed.kept:
            x, y = (round(value) for value in at(~raster.transform, target.c, target.f))
            window = _within(raster, x, y, x + pixels, y + pixels)
            if window is None:
                return None
            left, top = window.col_off - x, window.row_off - y
            out[:, top : top + window.height, left : left + window.width] = _values(file, raster, window, settings)
            return out
        box = _source_box(placed, grid.crs, target, pixels)
        window = None if box is None else _within(raster, *box)
        if window is None:
            return None
        source = _values(file, raster, window, settings)
    _resample(source, window, out, target, placed, grid.crs)
    return out


def _resample(
    source: np.ndarray, window: Window, out: np.ndarray, target: Affine, placed: PlacedRaster, crs: CRS
) -> None:
    """Fill `out` from a window of a raster, one band at a time: a pixel may be missing in one band only."""
    raster = placed.raster
    x, y = at(raster.transform, window.col_off, window.row_off)
    corner = Affine(raster.transform.a, raster.transform.b, x, raster.transform.d, raster.transform.e, y)
    try:
        for band, values in zip(out, source, strict=True):
            reproject(
                values,
                band,
                src_transform=corner,
                src_crs=raster.crs,
                dst_transform=target,
                dst_crs=crs,
                src_nodata=np.nan,
                dst_nodata=np.nan,
                resampling=placed.resampling,
                tolerance=0.0,
                # Left to itself GDAL derives these from each window, and neighbouring tiles would not fit together.
                XSCALE=placed.ratio[0],
                YSCALE=placed.ratio[1],
            )
    except (RasterioError, CPLE_BaseError) as error:
        raise DataError(
            f"{raster.path} cannot be brought to {crs.to_string()}: {error}", "choose another --crs"
        ) from error


def _values(file: DatasetReader, raster: Raster, window: Window, settings: TileSettings) -> np.ndarray:
    bands = list(raster.file_bands)
    raw = file.read(bands, window=window)
    missing = ~np.isfinite(raw)
    stated = [value for value in file.nodatavals if value is not None]
    if raster.alpha_is_data:
        missing |= np.isin(raw, stated)
    else:
        missing |= file.read_masks(bands, window=window) == 0
    for value in (MISSING, *raster.sensor.raw_nodata, *settings.nodata):
        missing |= raw == value
    values = raw.astype(np.float64 if raw.dtype.itemsize > 2 else np.float32)
    values[missing] = np.nan
    if raster.scale != 1.0 or raster.offset != 0.0:
        values = values * raster.scale + raster.offset
    if settings.linear_power and raster.sensor.raw_linear_power:
        values = 10.0 * np.log10(np.maximum(values, 1e-10))
    return values.astype(np.float32)


def _within(raster: Raster, left: int, top: int, right: int, bottom: int) -> Window | None:
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, raster.width), min(bottom, raster.height)
    return Window(left, top, right - left, bottom - top) if left < right and top < bottom else None


def _source_box(placed: PlacedRaster, crs: CRS, target: Affine, pixels: int) -> tuple[int, int, int, int] | None:
    """The pixels of a raster that a window needs: left, top, right, bottom; None where it lies off the raster's map."""
    raster = placed.raster
    steps = np.linspace(0.0, pixels, 17)
    x, y = at(target, *np.meshgrid(steps, steps))
    columns, rows = at(~raster.transform, *project(crs, raster.crs, x.ravel(), y.ravel()))
    there = np.isfinite(columns) & np.isfinite(rows)
    if not there.any():
        return None
    margins = [2 + math.ceil(KERNEL.get(placed.resampling, 1) * max(1.0, 1.0 / ratio)) for ratio in placed.ratio]
    left, right = columns[there].min() - margins[0], columns[there].max() + margins[0]
    top, bottom = rows[there].min() - margins[1], rows[there].max() + margins[1]
    return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)
