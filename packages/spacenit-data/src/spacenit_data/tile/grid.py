"""The grid that tiles are cut from: square cells in a reference system in metres."""

import math
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike
from rasterio import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform, transform_bounds

Box = tuple[float, float, float, float]
"""West, south, east and north."""

WGS84 = CRS.from_epsg(4326)


@frozen
class Grid:
    """A lattice of square cells.

    Attributes:
        crs: a projected reference system in metres.
        left: x of the left edge of column 0.
        top: y of the upper edge of row 0.
        gsd: metres per cell.
        rows: cells along the height.
        columns: cells along the width.
    """

    crs: CRS
    left: float
    top: float
    gsd: float
    rows: int
    columns: int

    def transform(self, row: int, column: int, pixels_per_cell: int = 1) -> Affine:
        """From pixels of a window whose upper left corner is at a cell to coordinates."""
        size = self.gsd / pixels_per_cell
        return Affine(size, 0.0, self.left + column * self.gsd, 0.0, -size, self.top - row * self.gsd)

    def latlon(self, row: float, column: float) -> tuple[float, float]:
        """Latitude and longitude in degrees of a place in cells."""
        x, y = self.left + column * self.gsd, self.top - row * self.gsd
        lon, lat = project(self.crs, WGS84, x, y)
        return float(lat[0]), float(lon[0])

    def starts(self, tile_size: int, stride: int, edges: str) -> tuple[np.ndarray, np.ndarray]:
        """The first rows and the first columns of tiles that cover the grid.

        Args:
            tile_size: cells along one side.
            stride: cells from one tile to the next.
            edges: what happens at the lower and right edge: ``pad`` lets the last tiles reach beyond it, ``shift``
                moves them back inside, ``drop`` leaves them out.
        """
        rows, columns = (_starts(size, tile_size, stride, edges) for size in (self.rows, self.columns))
        return np.array(rows, int), np.array(columns, int)


def at(transform: Affine, column: np.ndarray | float, row: np.ndarray | float) -> tuple[Any, Any]:
    """Where a place in pixels lies (spelled out: releases of affine disagree on the operator for it)."""
    a, b, c, d, e, f = transform[:6]
    return a * column + b * row + c, d * column + e * row + f


def project(source: CRS, target: CRS, x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates from one reference system in another, infinite for places that it does not have."""
    xs, ys = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))
    try:
        new_x, new_y = transform(source, target, xs.tolist(), ys.tolist())
    except (RasterioError, CPLE_BaseError):
        if xs.size == 1:
            return np.full(1, np.inf), np.full(1, np.inf)
        # One place beyond the edge of the earth fails all of them.
        pairs = [project(source, target, a, b) for a, b in zip(xs, ys, strict=True)]
        return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])
    return np.asarray(new_x), np.asarray(new_y)


def project_bounds(source: CRS, target: CRS, box: Box) -> Box:
    """The box around a box in another reference system; infinite where that does not reach."""
    try:
        return transform_bounds(source, target, *box)
    except (RasterioError, CPLE_BaseError):
        return math.inf, math.inf, math.inf, math.inf


def _starts(size: int, tile_size: int, stride: int, edges: str) -> list[int]:
    whole = list(range(0, size - tile_size + 1, stride))
    if edges == "drop" or (whole and whole[-1] + tile_size == size):
        return whole
    last = whole[-1] + stride if whole else 0
    if last >= size:
        return whole
    return [*whole, max(0, size - tile_size) if edges == "shift" else last]
