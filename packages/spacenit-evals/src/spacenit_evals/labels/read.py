"""Labelled pixels of rasters, found again in the samples of an H5 set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio

from spacenit_core.errors import DataError, UserError
from spacenit_data.tile.grid import project
from spacenit_evals.labels.places import Places, read_places
from spacenit_evals.labels.points import LabelledPoints


def read_labels(paths: Sequence[Path], h5py_dir: Path, tile_size: int) -> LabelledPoints:
    """Read the labelled pixels of one or more GeoTIFFs and place them in the samples of a set.

    A pixel is labelled if it is neither the raster's nodata value nor 0 nor masked. Where samples overlap, a point
    belongs to the one in which it lies farthest from the border.

    Args:
        paths: one-band rasters of integer codes, in any CRS.
        h5py_dir: the set's folder.
        tile_size: cells along one side of a sample.

    Raises:
        UserError: if a raster is absent, has no labels, or none of them lies in the set.
        DataError: if a raster cannot be read, or the set does not say where its samples lie.
    """
    places = read_places(h5py_dir)
    found, outside = [], 0
    for path in paths:
        codes, crs, x, y = _read_raster(path)
        placed = _place(codes, crs, x, y, places, tile_size)
        outside += len(codes) - len(placed)
        found.append(placed)
    table = np.concatenate(found)
    if not len(table):
        raise UserError(
            f"none of the {outside} labelled pixels lies in a sample of {h5py_dir}",
            "check that the labels and the set cover the same ground",
        )
    codes, label = np.unique(table[:, 0], return_inverse=True)
    sample, row, column = table[:, 1:].astype(np.int64).T
    return LabelledPoints(
        sample=sample,
        row=row,
        column=column,
        label=label.reshape(-1).astype(np.int64),
        codes=tuple(int(code) for code in codes),
        places=places,
    )


def _read_raster(path: Path) -> tuple[np.ndarray, rasterio.crs.CRS, np.ndarray, np.ndarray]:
    """The codes of the labelled pixels, the raster's CRS, and the pixels' centres in it."""
    if not path.exists():
        raise UserError(f"there is no file {path}", "--labels takes a GeoTIFF of class codes")
    try:
        with rasterio.open(path) as file:
            values, grid, crs = file.read(1, masked=True), file.transform, file.crs
    except rasterio.RasterioIOError as error:
        raise DataError(f"{path} cannot be read: {error}", "copy or make the raster again") from error
    if crs is None:
        raise DataError(f"{path} has no coordinate reference system", "assign one, e.g. with `rio edit-info --crs`")
    codes = np.ma.filled(values.astype(np.float64), 0.0)
    known = np.isfinite(codes) & (codes != 0)
    rows, columns = np.nonzero(known)
    codes = codes[known]
    if not len(codes):
        raise UserError(f"{path} has no labelled pixel", "labels are codes other than 0 and the nodata value")
    if (codes != np.rint(codes)).any():
        raise UserError(f"{path} holds fractions, not class codes", "--labels takes a GeoTIFF of class codes")
    x = grid.c + (columns + 0.5) * grid.a + (rows + 0.5) * grid.b
    y = grid.f + (columns + 0.5) * grid.d + (rows + 0.5) * grid.e
    return codes, crs, x, y


def _place(
    codes: np.ndarray,
    crs: rasterio.crs.CRS,
    x: np.ndarray,
    y: np.ndarray,
    places: Places,
    tile_size: int,
) -> np.ndarray:
    """Rows of code, sample, row, column: one for every point that lies in a sample."""
    best = np.full((len(codes), 4), np.nan)
    depth = np.full(len(codes), -1.0)
    for name, system in places.systems.items():
        east, north = (x, y) if system == crs else project(crs, system, x, y)
        for place in np.flatnonzero(places.crs == name):
            column = (east - places.left[place]) / places.gsd[place]
            row = (places.top[place] - north) / places.gsd[place]
            inside = np.min([row, column, tile_size - row, tile_size - column], axis=0)
            here = (inside >= 0) & (inside > depth) & (row < tile_size) & (column < tile_size)
            depth[here] = inside[here]
            number = np.full(here.sum(), places.numbers[place])
            cells = np.floor(row[here]), np.floor(column[here])
            best[here] = np.stack([codes[here], number, *cells], axis=1)
    return best[depth >= 0]
