"""From rasters to areas: a grid and the rasters on it."""

from collections.abc import Sequence

import numpy as np
from attrs import evolve, frozen

from spacenit_data.tile.grid import Grid
from spacenit_data.tile.images import number_images
from spacenit_data.tile.placed import PlacedRaster, floor_cells, place_on_grid
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings
from spacenit_data.tile.shared_grids import SharedGrid, bounds_in, has_pixels_of, overlap, share_grids, union


@frozen(kw_only=True)
class Area:
    """A grid and the rasters on it.

    Attributes:
        grid: the grid, as large as the dated images reach.
        placed: the rasters, in the order given; where two show the same pixel at one date, the first has it.
    """

    grid: Grid
    placed: tuple[PlacedRaster, ...]

    def positions(self, settings: TileSettings) -> list[tuple[int, int]]:
        """The upper left cells of all tiles that some leading image reaches."""
        rows, columns = self.grid.starts(settings.tile_size, settings.step, settings.edges)
        reached = self.reached(rows, columns, settings.tile_size, [item for item in self.placed if item.leads])
        return [(int(rows[i]), int(columns[j])) for i, j in np.argwhere(reached)]

    def reached(self, rows: np.ndarray, columns: np.ndarray, size: int, placed: Sequence[PlacedRaster]) -> np.ndarray:
        """Which tiles some of the rasters reach: bool ``[len(rows), len(columns)]``.

        Args:
            rows: first rows of tiles.
            columns: first columns of tiles.
            size: cells along one side of a tile.
            placed: the rasters.
        """
        reached = np.zeros((len(rows), len(columns)), bool)
        for first_row, first_column, end_row, end_column in {item.extent for item in placed}:
            in_rows = (first_row < rows + size) & (rows < end_row)
            in_columns = (first_column < columns + size) & (columns < end_column)
            reached |= in_rows[:, None] & in_columns
        return reached


def make_areas(rasters: Sequence[Raster], settings: TileSettings) -> list[Area]:
    """Divide images among grids, choose each grid's origin, and place the rasters on it.

    Images with a date lead; maps join every area that they overlap, and lead only where there are no dated images.

    Raises:
        UserError: where a grid cannot be chosen, or a raster cannot sensibly come onto it.
    """
    dated = [raster for raster in rasters if raster.sensor.temporal]
    maps = [raster for raster in rasters if dated and not raster.sensor.temporal]
    areas = []
    for shared in share_grids(dated or rasters, settings.crs):
        grid = _grid_of(shared)
        joining = [raster for raster in maps if overlap(raster, shared.leaders).any()]
        placed = [place_on_grid(raster, grid, settings, leads=True) for raster in shared.leaders]
        placed += [place_on_grid(raster, grid, settings, leads=False) for raster in (*shared.followers, *joining)]
        images = number_images([item.raster for item in placed])
        numbered = (evolve(item, image=number) for item, number in zip(placed, images, strict=True))
        areas.append(Area(grid=grid, placed=tuple(numbered)))
    return areas


def _grid_of(shared: SharedGrid) -> Grid:
    """The grid of the first image that needs no resampling, else one that starts at the system's origin."""
    gsd = shared.leaders[0].sensor.grid_gsd
    exact = [r for r in shared.leaders if r.crs == shared.crs and has_pixels_of(r, r.sensor.gsd)]
    left, top = (exact[0].transform.c, exact[0].transform.f) if exact else (0.0, 0.0)
    west, south, east, north = union(bounds_in(raster, shared.crs) for raster in shared.leaders)
    first_column, first_row = floor_cells((west - left) / gsd), floor_cells((top - north) / gsd)
    columns, rows = -floor_cells((left - east) / gsd) - first_column, -floor_cells((south - top) / gsd) - first_row
    return Grid(shared.crs, left + first_column * gsd, top - first_row * gsd, gsd, rows, columns)
