"""Elevation and what follows from it: slope, aspect, illumination, and where water runs."""

import numpy as np
from attrs import frozen

from spacenit_core.rng import generator
from spacenit_demo.world.fractal import blur, fractal, rank

CELL = 10.0
"""Metres along one side of a cell."""


@frozen(kw_only=True)
class Terrain:
    """The ground of one landscape.

    Attributes:
        elevation: metres above sea level, ``[H, W]``.
        east: rise of the ground towards the east, metres per metre.
        north: rise of the ground towards the north, metres per metre.
        water: bool, lakes and the river.
    """

    elevation: np.ndarray
    east: np.ndarray
    north: np.ndarray
    water: np.ndarray

    @property
    def slope(self) -> np.ndarray:
        """Steepness in radians."""
        return np.arctan(np.hypot(self.east, self.north))

    def incidence_cosine(self, zenith: float, azimuth: float) -> np.ndarray:
        """Cosine of the angle between the ground's normal and a direction (radians; azimuth clockwise from north)."""
        towards = np.sin(zenith) * (np.sin(azimuth) * self.east + np.cos(azimuth) * self.north)
        return (np.cos(zenith) - towards) / np.sqrt(1.0 + self.east**2 + self.north**2)


def make_terrain(seed: int, landscape: int, size: int) -> Terrain:
    """Raise the ground of one landscape: hills of its own height, one river, some lakes."""
    rng = generator(seed, "demo terrain", landscape)
    base, relief = rng.uniform(60.0, 700.0), rng.uniform(15.0, 70.0)
    elevation = base + relief * (fractal(rng, size, 2.1) + 0.08 * fractal(rng, size, 1.3))
    river = _river(elevation, width=rng.uniform(1.5, 3.0))
    lakes = rank(blur(elevation, 2.0)) < rng.uniform(0.01, 0.05)
    water = river | lakes
    # Water is flat, and its banks lie a little lower than the land around.
    elevation = np.where(water, blur(elevation, 3.0) - 1.0, elevation)
    east, south = (np.asarray(np.gradient(elevation, CELL, axis=axis)) for axis in (1, 0))
    return Terrain(elevation=elevation, east=east, north=-south, water=water)


def _river(elevation: np.ndarray, width: float) -> np.ndarray:
    """The lowest way from the northern to the southern edge, at least `width` cells to both sides."""
    size = elevation.shape[0]
    height = (elevation - elevation.min()) / np.ptp(elevation)
    cost, origin = height[0].copy(), np.zeros((size, size), dtype=np.int64)
    for row in range(1, size):
        padded = np.pad(cost, 1, constant_values=np.inf)
        reach = np.stack([padded[:-2] + 0.02, padded[1:-1], padded[2:] + 0.02])
        best = reach.argmin(axis=0)
        origin[row] = np.arange(size) + best - 1
        cost = np.take_along_axis(reach, best[None], axis=0)[0] + height[row] ** 2
    path = np.zeros(size, dtype=np.int64)
    path[-1] = cost.argmin()
    for row in range(size - 1, 0, -1):
        path[row - 1] = origin[row, path[row]]
    return np.abs(np.arange(size)[None] - path[:, None]) <= width
