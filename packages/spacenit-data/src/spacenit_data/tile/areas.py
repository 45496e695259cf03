"""From rasters to areas: images that overlap share one grid."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from attrs import frozen
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling

from spacenit_core.errors import UserError
from spacenit_data.tile.grid import Box, Grid, at, is_ground_metric, project, project_bounds, target_crs, utm
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings

# A pixel's hundredth is less than the registration of any sensor, and more than rounding in a file's header.
SAME_PLACE = 0.01

MOST_CELLS_PER_PIXEL = 100
WIDEST_UTM_AREA = 12.0
"""Degrees of longitude; wider areas would be stretched by more than half a per cent."""


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
    """

    raster: Raster
    resampling: Resampling
    ratio: tuple[float, float]
    kept: bool
    leads: bool
    extent: tuple[int, int, int, int]

    def reaches(self, row: int, column: int, cells: int) -> bool:
        """Whether it reaches into a square of cells."""
        first_row, first_column, end_row, end_column = self.extent
        return first_row < row + cells and row < end_row and first_column < column + cells and column < end_column


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
        size = settings.tile_size
        rows, columns = self.grid.starts(size, settings.step, settings.edges)
        reached = np.zeros((len(rows), len(columns)), bool)
        for first_row, first_column, end_row, end_column in {item.extent for item in self.placed if item.leads}:
            in_rows = (first_row < rows + size) & (rows < end_row)
            in_columns = (first_column < columns + size) & (columns < end_column)
            reached |= in_rows[:, None] & in_columns
        return [(int(rows[i]), int(columns[j])) for i, j in np.argwhere(reached)]


def make_areas(rasters: Sequence[Raster], settings: TileSettings) -> list[Area]:
    """Group images that overlap, choose each group's grid, and place the rasters on it.

    Images with a date lead; maps join every area that they overlap, and lead only where there are no dated images.

    Raises:
        UserError: where a grid cannot be chosen, or a raster cannot sensibly come onto it.
    """
    dated = [raster for raster in rasters if raster.sensor.temporal]
    maps = [raster for raster in rasters if dated and not raster.sensor.temporal]
    areas = []
    for group in _overlapping(dated or rasters):
        grid = _choose_grid(group, settings)
        joining = [raster for raster in maps if any(_overlap(raster, other) for other in group)]
        placed = [_place(raster, grid, settings, leads=True) for raster in group]
        placed += [_place(raster, grid, settings, leads=False) for raster in joining]
        areas.append(Area(grid=grid, placed=tuple(placed)))
    return areas


def _overlap(a: Raster, b: Raster) -> bool:
    (west, south, east, north), (other_west, other_south, other_east, other_north) = a.bounds, b.bounds
    if south >= other_north or other_south >= north:
        return False
    return any(west < other_east + turn and other_west + turn < east for turn in (-360.0, 0.0, 360.0))


def _overlapping(rasters: Sequence[Raster]) -> list[list[Raster]]:
    groups: list[list[Raster]] = []
    for raster in rasters:
        touched = [number for number, group in enumerate(groups) if any(_overlap(raster, other) for other in group)]
        merged = [other for number in touched for other in groups[number]] + [raster]
        if not touched:
            groups.append(merged)
            continue
        groups[touched[0]] = merged
        for number in reversed(touched[1:]):
            del groups[number]
    order = {id(raster): number for number, raster in enumerate(rasters)}
    return [sorted(group, key=lambda raster: order[id(raster)]) for group in groups]


def _choose_grid(group: Sequence[Raster], settings: TileSettings) -> Grid:
    """The grid of the first image that needs no resampling, else the first metric reference system, else UTM."""
    gsd = group[0].sensor.grid_gsd
    metric = [raster for raster in group if is_ground_metric(raster.crs, *raster.center)]
    exact = [raster for raster in metric if _has_pixels_of(raster.transform, raster.sensor.gsd)]
    if settings.crs is not None:
        crs = target_crs(settings.crs)
        exact = [raster for raster in exact if raster.crs == crs]
    else:
        crs = (exact or metric)[0].crs if metric else _utm_of(group)
    left, top = (exact[0].transform.c, exact[0].transform.f) if exact else (0.0, 0.0)
    west, south, east, north = _union(_bounds_in(raster, crs) for raster in group)
    first_column, first_row = _floor((west - left) / gsd), _floor((top - north) / gsd)
    columns, rows = -_floor((left - east) / gsd) - first_column, -_floor((south - top) / gsd) - first_row
    return Grid(crs, left + first_column * gsd, top - first_row * gsd, gsd, rows, columns)


def _has_pixels_of(transform: Affine, size: float) -> bool:
    return transform.b == 0 == transform.d and np.allclose([transform.a, -transform.e], size, rtol=1e-6, atol=0.0)


def _floor(cells: float) -> int:
    return math.floor(cells + SAME_PLACE)


def _utm_of(group: Sequence[Raster]) -> CRS:
    first = group[0].bounds[0]
    # Longitudes are brought to the turn of the first image, so that areas across the date line stay narrow.
    spans = [
        (w + turn, s, e + turn, n)
        for w, s, e, n in (r.bounds for r in group)
        for turn in [round((first - w) / 360.0) * 360.0]
    ]
    west, south, east, north = _union(spans)
    lat, lon = (south + north) / 2, (west + east) / 2
    if east - west > WIDEST_UTM_AREA and -80.0 <= lat <= 84.0:
        raise UserError(
            f"the images around {group[0].path} are {east - west:.0f} degrees wide, too much for one UTM zone",
            "name a projected reference system that suits them: --crs EPSG:3035, for instance; or tile them in parts",
        )
    return utm(lat, (lon + 180.0) % 360.0 - 180.0)


def _bounds_in(raster: Raster, crs: CRS) -> Box:
    corners = [at(raster.transform, x, y) for x in (0, raster.width) for y in (0, raster.height)]
    xs, ys = zip(*corners, strict=True)
    box = min(xs), min(ys), max(xs), max(ys)
    bounds = box if raster.crs == crs else project_bounds(raster.crs, crs, box)
    if not np.isfinite(bounds).all():
        raise UserError(f"{raster.path} has no place in {crs.to_string()}", "choose another --crs")
    return bounds


def _union(boxes: Iterable[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _place(raster: Raster, grid: Grid, settings: TileSettings, *, leads: bool) -> PlacedRaster:
    size = raster.sensor.gsd
    west, south, east, north = _bounds_in(raster, grid.crs)
    ratio = _pixel_size(raster, grid.crs) / size
    if max(ratio) > MOST_CELLS_PER_PIXEL * raster.sensor.pixels_per_cell:
        raise UserError(
            f"a pixel of {raster.path} is about {ratio[0] * size:.0f} m wide, but {raster.sensor.name} has {size:g} m",
            "check the sensor; one pixel may fill at most "
            f"{MOST_CELLS_PER_PIXEL} x {MOST_CELLS_PER_PIXEL} cells of the samples' grid",
        )
    same = raster.crs == grid.crs and raster.transform.b == 0 == raster.transform.d
    phase = ((raster.transform.c - grid.left) / size, (grid.top - raster.transform.f) / size)
    aligned = same and all(abs(value - round(value)) < SAME_PLACE for value in phase)
    factor = round(ratio[0])
    whole = aligned and factor >= 1 and _has_pixels_of(raster.transform, factor * size)
    return PlacedRaster(
        raster=raster,
        resampling=settings.method(raster.categorical, whole),
        ratio=(float(ratio[0]), float(ratio[1])),
        kept=whole and factor == 1,
        leads=leads,
        extent=(
            _floor((grid.top - north) / grid.gsd),
            _floor((west - grid.left) / grid.gsd),
            -_floor((south - grid.top) / grid.gsd),
            -_floor((grid.left - east) / grid.gsd),
        ),
    )


def _pixel_size(raster: Raster, crs: CRS) -> np.ndarray:
    """Width and height of the middle pixel, in the units of another reference system."""
    column, row = raster.width / 2, raster.height / 2
    points = [at(raster.transform, *place) for place in ((column, row), (column + 1, row), (column, row + 1))]
    x, y = project(raster.crs, crs, *zip(*points, strict=True))
    return np.hypot(x[1:] - x[0], y[1:] - y[0])
