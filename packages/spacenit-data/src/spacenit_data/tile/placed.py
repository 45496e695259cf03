"""How a raster comes onto a grid."""

import math

import numpy as np
from attrs import frozen
from rasterio.enums import Resampling

from spacenit_core.errors import UserError
from spacenit_data.tile.grid import Grid, at, project
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings
from spacenit_data.tile.shared_grids import bounds_in, has_pixels_of
from spacenit_data.tile.turns import pixels_at

# A pixel's hundredth is less than the registration of any sensor, and more than rounding in a file's header.
SAME_PIXEL = 0.01

MOST_CELLS_PER_PIXEL = 100


@frozen(kw_only=True)
class PlacedRaster:
    """A raster and how it comes onto its area's grid.

    Attributes:
        raster: the raster.
        resampling: how new pixels are computed where its pixels are not the grid's.
        ratio: grid pixels per raster pixel along x and y (below 1 where the raster is finer).
        kept: whether its pixels are the grid's own.
        leads: whether tiles are made where it lies.
        extent: first row, first column, end row and end column of the cells it reaches.
        image: number of the image that it belongs to, among those of its sensor and date.
    """

    raster: Raster
    resampling: Resampling
    ratio: tuple[float, float]
    kept: bool
    leads: bool
    extent: tuple[int, int, int, int]
    image: int = 0

    def reaches(self, row: int, column: int, cells: int) -> bool:
        """Whether it reaches into a square of cells."""
        first_row, first_column, end_row, end_column = self.extent
        return first_row < row + cells and row < end_row and first_column < column + cells and column < end_column


def place_on_grid(raster: Raster, grid: Grid, settings: TileSettings, *, leads: bool) -> PlacedRaster:
    """Place a raster on a grid.

    Raises:
        UserError: where its pixels are too coarse for the sensor, or, if it leads, where it has no place in the grid's
            reference system.
    """
    size = raster.sensor.gsd
    extent = _extent(raster, grid, leads=leads)
    ratio = _pixel_size(raster, grid, middle=leads) / size
    if max(ratio) > MOST_CELLS_PER_PIXEL * raster.sensor.pixels_per_cell:
        raise UserError(
            f"a pixel of {raster.path} is about {ratio[0] * size:.0f} m wide, but {raster.sensor.name} has {size:g} m",
            "check the sensor; one pixel may fill at most "
            f"{MOST_CELLS_PER_PIXEL} x {MOST_CELLS_PER_PIXEL} cells of the samples' grid",
        )
    same = raster.crs == grid.crs and raster.transform.b == 0 == raster.transform.d
    phase = ((raster.transform.c - grid.left) / size, (grid.top - raster.transform.f) / size)
    aligned = same and all(abs(value - round(value)) < SAME_PIXEL for value in phase)
    factor = round(ratio[0])
    whole = aligned and factor >= 1 and has_pixels_of(raster, factor * size)
    return PlacedRaster(
        raster=raster,
        resampling=settings.method(raster.categorical, whole),
        ratio=(float(ratio[0]), float(ratio[1])),
        kept=whole and factor == 1,
        leads=leads,
        extent=extent,
    )


def floor_cells(cells: float) -> int:
    """The last whole number of cells, rounding in a file's header set aside."""
    return math.floor(cells + SAME_PIXEL)


def _extent(raster: Raster, grid: Grid, *, leads: bool) -> tuple[int, int, int, int]:
    try:
        west, south, east, north = bounds_in(raster, grid.crs)
    except UserError:
        if leads:
            raise
        # A map of the world is on no single projected grid whole; it is looked at wherever samples are.
        return 0, 0, grid.rows, grid.columns
    return (
        floor_cells((grid.top - north) / grid.gsd),
        floor_cells((west - grid.left) / grid.gsd),
        -floor_cells((south - grid.top) / grid.gsd),
        -floor_cells((grid.left - east) / grid.gsd),
    )


def _pixel_size(raster: Raster, grid: Grid, *, middle: bool) -> np.ndarray:
    """Width and height, in the grid's units, of its middle pixel, or of that nearest to the grid's middle."""
    column, row = raster.width / 2, raster.height / 2
    if not middle:
        spot = at(grid.transform(0, 0), np.array([grid.columns / 2]), np.array([grid.rows / 2]))
        columns, rows = pixels_at(raster, grid.crs, *spot)
        if np.isfinite([columns[0], rows[0]]).all():
            column = min(max(columns[0], 0.0), raster.width)
            row = min(max(rows[0], 0.0), raster.height)
    points = [at(raster.transform, *corner) for corner in ((column, row), (column + 1, row), (column, row + 1))]
    x, y = project(raster.crs, grid.crs, *zip(*points, strict=True))
    return np.hypot(x[1:] - x[0], y[1:] - y[0])
