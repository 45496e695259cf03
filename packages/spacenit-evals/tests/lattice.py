"""Points on grids that are made up: no files, no pixels."""

import numpy as np

from spacenit_evals.benchmarks.labelled_rasters.windows import WindowLocations
from spacenit_evals.labels.locations import SampleLocations
from spacenit_evals.labels.points import LabelledPoints

TILE = 64


def locations(*origins: tuple[str, float, float], gsd: float = 10.0) -> SampleLocations:
    """One sample for each reference system and upper left corner."""
    crs, left, top = zip(*origins, strict=True)
    numbers = np.arange(len(origins))
    return SampleLocations(numbers, np.array(crs), np.array(left), np.array(top), np.full(len(origins), gsd))


def some_points(where: SampleLocations, count: int, seed: int, classes: int = 3) -> LabelledPoints:
    """Random cells of random samples, with random classes."""
    rng = np.random.default_rng(seed)
    return LabelledPoints(
        sample=rng.integers(len(where), size=count),
        row=rng.integers(TILE, size=count),
        column=rng.integers(TILE, size=count),
        label=rng.integers(classes, size=count),
        codes=tuple(range(1, classes + 1)),
        locations=where,
    )


def windows_of(points: LabelledPoints, cells: int) -> WindowLocations:
    """The window around each point."""
    return WindowLocations.around(points.sample, points.row, points.column, cells=cells, tile_size=TILE)
