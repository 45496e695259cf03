"""Read rasters onto a grid: missing pixels found, numbers brought to the sensor's units, pixels to the grid."""

import math
from collections.abc import Callable

import numpy as np
from attrs import evolve
from rasterio import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import reproject
from rasterio.windows import Window

from spacenit_core.errors import DataError
from spacenit_data.rasters.decibels import from_decibels, to_decibels
from spacenit_data.rasters.opening import OPEN
from spacenit_data.tile.grid import Grid, at
from spacenit_data.tile.ground import turn_of
from spacenit_data.tile.placed import PlacedRaster
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings
from spacenit_data.tile.turns import pixels_at, points_of, turns_around
from spacenit_data.tile.values import is_decibels, is_power, read_values, read_zeros, to_stored

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
    out = _fill(placed, grid, row, column, settings, read_values)
    return None if out is None else to_stored(out, placed.raster, settings)


def zeros_onto(placed: PlacedRaster, grid: Grid, row: int, column: int, settings: TileSettings) -> np.ndarray | None:
    """Where a raster, read as `read_onto` does, is 0 in all bands: bool [bands, P, P]; None where it does not reach.

    Raises:
        DataError: if the file cannot be read.
    """
    nearest = evolve(placed, resampling=Resampling.nearest)
    out = _fill(nearest, grid, row, column, settings, read_zeros)
    return None if out is None else np.asarray(out == 1.0)


def _fill(
    placed: PlacedRaster,
    grid: Grid,
    row: int,
    column: int,
    settings: TileSettings,
    read: Callable[[DatasetReader, Raster, Window, TileSettings], np.ndarray],
) -> np.ndarray | None:
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
            out[:, top : top + window.height, left : left + window.width] = read(file, raster, window, settings)
            return out
        windows = _source_windows(placed, grid.crs, target, pixels)
        if not windows:
            return None
        decibels = is_decibels(raster, settings) and placed.resampling is not Resampling.nearest
        positive = decibels or is_power(raster, settings)
        for window in windows:
            source = read(file, raster, window, settings)
            source = from_decibels(source) if decibels else source
            _resample(source, window, out, target, placed, grid.crs, positive=positive)
    return to_decibels(out) if decibels else out


def _resample(
    source: np.ndarray,
    window: Window,
    out: np.ndarray,
    target: Affine,
    placed: PlacedRaster,
    crs: CRS,
    *,
    positive: bool,
) -> None:
    """Fill what is still missing in `out` from a window of a raster, however its longitudes are written."""
    raster = placed.raster
    x, y = at(raster.transform, window.col_off, window.row_off)
    for turn in turns_around(raster, crs, target, out.shape[1]):
        corner = Affine(raster.transform.a, raster.transform.b, x - turn, raster.transform.d, raster.transform.e, y)
        # One band at a time: a pixel may be missing in one band only.
        for band, values in zip(out, source, strict=True):
            found = _warp(values, corner, band.shape, target, placed, crs, placed.resampling)
            if positive and placed.resampling is Resampling.cubic and (found <= 0).any():
                # Cubic kernels reach below what they average; power does not.
                mean = _warp(values, corner, band.shape, target, placed, crs, Resampling.bilinear)
                found = np.where(found <= 0, mean, found)
            np.copyto(band, found, where=np.isnan(band))


def _warp(
    values: np.ndarray,
    corner: Affine,
    shape: tuple[int, ...],
    target: Affine,
    placed: PlacedRaster,
    crs: CRS,
    method: Resampling,
) -> np.ndarray:
    found = np.full(shape, np.nan, np.float32)
    try:
        reproject(
            values,
            found,
            src_transform=corner,
            src_crs=placed.raster.crs,
            dst_transform=target,
            dst_crs=crs,
            src_nodata=np.nan,
            dst_nodata=np.nan,
            resampling=method,
            tolerance=0.0,
            # Left to itself GDAL derives these from each window, and neighbouring tiles would not fit together.
            XSCALE=placed.ratio[0],
            YSCALE=placed.ratio[1],
        )
    except (RasterioError, CPLE_BaseError) as error:
        raise DataError(
            f"{placed.raster.path} cannot be brought to {crs.to_string()}: {error}", "choose another --crs"
        ) from error
    return found


def _within(raster: Raster, left: int, top: int, right: int, bottom: int) -> Window | None:
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, raster.width), min(bottom, raster.height)
    return Window(left, top, right - left, bottom - top) if left < right and top < bottom else None


def _source_windows(placed: PlacedRaster, crs: CRS, target: Affine, pixels: int) -> list[Window]:
    """The pixels of a raster that a square of the grid needs; none where it lies off the raster's map."""
    raster = placed.raster
    columns, rows = pixels_at(raster, crs, *points_of(target, pixels))
    there = np.isfinite(columns) & np.isfinite(rows)
    columns, rows = columns[there], rows[there]
    margins = [2 + math.ceil(KERNEL.get(placed.resampling, 1) * max(1.0, 1.0 / ratio)) for ratio in placed.ratio]
    windows = []
    for side in _sides(columns, raster):
        left, right = columns[side].min() - margins[0], columns[side].max() + margins[0]
        top, bottom = rows[side].min() - margins[1], rows[side].max() + margins[1]
        windows.append(_within(raster, math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)))
    return [window for window in windows if window is not None]


def _sides(columns: np.ndarray, raster: Raster) -> list[np.ndarray]:
    """Which places to read together: the two ends of a raster of the whole world are next to each other."""
    first, turn = columns < raster.width / 2, turn_of(raster.crs)
    if not len(columns) or turn is None or first.all() or not first.any():
        return [np.ones(len(columns), bool)] if len(columns) else []
    gap = columns[~first].min() - columns[first].max()
    return [first, ~first] if gap * abs(raster.transform.a) > turn / 2 else [np.ones(len(columns), bool)]
