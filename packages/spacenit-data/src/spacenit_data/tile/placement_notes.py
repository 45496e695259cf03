"""What a person should know of how images come onto their grids."""

import math
from collections.abc import Iterator, Sequence

from rasterio.enums import Resampling

from spacenit_data.tile.areas import Area
from spacenit_data.tile.grid import Grid, at
from spacenit_data.tile.ground import ground_size
from spacenit_data.tile.placed import SAME_PIXEL, PlacedRaster

MUCH = 0.01
"""Share by which cells may differ from their nominal size on the ground without a word."""


def placement_notes(areas: Sequence[Area]) -> Iterator[str]:
    """Pixels that are taken off their place, and cells that are not of their nominal size; one note per kind."""
    shifted = [item for area in areas for item in area.placed if _between_pixels(item, area.grid)]
    if shifted:
        first = shifted[0].raster
        metres = shifted[0].ratio[0] * first.sensor.gsd / 2
        yield (
            f"the middle of a cell lies between pixels of {first.path} ({len(shifted)} files), so nearest takes pixels "
            f"{metres:g} m off in x and y: --resampling average, or mode for class codes, does not"
        )
    for grid in (area.grid for area in areas):
        sizes = _ground_sizes(grid)
        if any(abs(size / grid.gsd - 1.0) > MUCH for size in sizes):
            yield (
                f"cells of {grid.gsd:g} m in {grid.crs.to_string()[:40]} are {min(sizes):.4g} to {max(sizes):.4g} m on "
                "the ground here: --crs names a system with less stretch, such as the UTM zone"
            )
            break


def _between_pixels(item: PlacedRaster, grid: Grid) -> bool:
    """Whether nearest has to choose among pixels that are equally near: an even number of them fills a cell."""
    raster, size = item.raster, item.raster.sensor.gsd
    if item.resampling is not Resampling.nearest or item.kept or raster.crs != grid.crs:
        return False
    counts = [1.0 / ratio for ratio in item.ratio]
    column, row = at(~raster.transform, grid.left + size / 2, grid.top - size / 2)
    return any(
        round(count) >= 2 and abs(count / 2 - round(count / 2)) < SAME_PIXEL and abs(spot - round(spot)) < SAME_PIXEL
        for count, spot in zip(counts, (column, row), strict=True)
    )


def _ground_sizes(grid: Grid) -> list[float]:
    """Metres on the ground of a cell's sides at the grid's middle, corners and edges."""
    places = [(row, column) for row in (0, grid.rows / 2, grid.rows) for column in (0, grid.columns / 2, grid.columns)]
    corner = grid.transform(0, 0)
    sizes = (size * grid.gsd for row, column in places for size in ground_size(grid.crs, *at(corner, column, row)))
    return [size for size in sizes if math.isfinite(size)]
