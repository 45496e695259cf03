"""Longitudes beyond 180 degrees: which way around the world a raster writes a place."""

import numpy as np
from rasterio import Affine
from rasterio.crs import CRS

from spacenit_data.tile.grid import at, project
from spacenit_data.tile.ground import turn_of
from spacenit_data.tile.rasters import Raster


def pixels_at(raster: Raster, crs: CRS, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The columns and rows of places that are given in a reference system, infinite off the raster's map.

    A raster across 180 degrees may say 180.5 or -179.5, and one of the whole world 0 to 360: the places are taken as
    many turns around the world as bring them nearest to the raster's middle.

    Args:
        raster: the raster.
        crs: the reference system of the places.
        x: float ``[n]``.
        y: float ``[n]``.
    """
    there_x, there_y = project(crs, raster.crs, x, y)
    return at(~raster.transform, there_x + turns_to(raster, there_x), there_y)


def turns_around(raster: Raster, crs: CRS, transform: Affine, pixels: int) -> list[float]:
    """The different values of `turns_to` over a square of pixels in a reference system, 0 first where it occurs."""
    x, _ = project(crs, raster.crs, *points_of(transform, pixels))
    return sorted({float(turn) for turn in turns_to(raster, x[np.isfinite(x)])}, key=abs)


def points_of(transform: Affine, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of a lattice of places over a square of pixels: x and y, each ``[n]``."""
    steps = np.linspace(0.0, pixels, 17)
    x, y = at(transform, *np.meshgrid(steps, steps))
    return x.ravel(), y.ravel()


def turns_to(raster: Raster, x: np.ndarray) -> np.ndarray:
    """What to add to x, in the raster's reference system, to bring places nearest to its middle: [n], often 0."""
    turn = turn_of(raster.crs)
    if turn is None:
        return np.zeros_like(x)
    turns = (raster.center[0] - x) / turn
    return turn * np.round(np.where(np.isfinite(turns), turns, 0.0))
