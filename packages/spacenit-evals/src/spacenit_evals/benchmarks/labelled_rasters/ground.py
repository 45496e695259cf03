"""Squares of ground, and which of them windows reach into, whatever reference systems their samples have."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from attrs import frozen
from rasterio.crs import CRS

from spacenit_data.tile.grid import WGS84, project
from spacenit_evals.benchmarks.labelled_rasters.windows import WindowLocations
from spacenit_evals.labels.locations import SampleLocations
from spacenit_evals.labels.points import LabelledPoints

_EARTH = 6371008.8
"""Mean radius in metres."""

# A window that ends on a border does not reach across it.
_BORDER = 1e-6


@frozen(eq=False)
class Squares:
    """Squares of ground, numbered from 0, and n points with a window around each.

    Attributes:
        own: int64 ``[n]``, the square that each point lies in.
        window: int64 ``[k]``, and
        square: int64 ``[k]``: which window reaches into which square, pair by pair.
        count: the number of squares.
    """

    own: np.ndarray
    window: np.ndarray
    square: np.ndarray
    count: int

    def reached(self, chosen: np.ndarray) -> np.ndarray:
        """Into which squares the chosen windows (bool ``[n]``) reach, bool ``[count]``."""
        return self._marked(self.square[chosen[self.window]], self.count)

    def reaching(self, squares: np.ndarray) -> np.ndarray:
        """Which windows reach into one of the squares (bool ``[count]``), bool ``[n]``."""
        return self._marked(self.window[squares[self.square]], len(self.own))

    def holding(self, chosen: np.ndarray) -> np.ndarray:
        """Which squares hold a chosen point (bool ``[n]``), bool ``[count]``."""
        return self._marked(self.own[chosen], self.count)

    @staticmethod
    def _marked(numbers: np.ndarray, count: int) -> np.ndarray:
        out = np.zeros(count, dtype=bool)
        out[numbers] = True
        return out


def squares_of(points: LabelledPoints, windows: WindowLocations, metres: float) -> Squares:
    """Lay squares over the ground of some points.

    Where all samples share a reference system, the squares are those of its metres. Otherwise one lattice lies over the
    whole earth: rows of latitude, each divided into whole columns, so that ground that lies in two systems lies in the
    same square.

    Args:
        points: n points.
        windows: the window of each.
        metres: side of a square; at least that of a window.
    """
    locations = points.locations
    systems = locations.systems
    used = np.unique(points.crs)
    lattice: _Lattice
    if len(used) == 1:
        lattice, x, y = _Plane(metres), points.x, points.y
        boxes = window_boxes(locations, windows)
    else:
        lattice = _Globe(metres)
        x, y = _degrees(points.crs, systems, points.x, points.y)
        boxes = _boxes_in_degrees(points.crs, systems, window_boxes(locations, windows), x)
    row = lattice.row(y)
    own = np.stack([lattice.wrapped(row, lattice.column(row, x)), row], axis=1)
    pairs = list(_pairs(lattice, boxes))
    window = np.concatenate([numbers for numbers, _ in pairs])
    keys = np.concatenate([own, *(cells for _, cells in pairs)])
    unique, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.reshape(-1).astype(np.int64)
    return Squares(number[: len(own)], window, number[len(own) :], len(unique))


def window_boxes(locations: SampleLocations, windows: WindowLocations) -> np.ndarray:
    """West, south, east and north of each window in metres of its sample's reference system, float64 ``[n, 4]``."""
    location = locations.of(windows.sample)
    gsd = locations.gsd[location]
    west, north = locations.left[location] + windows.column * gsd, locations.top[location] - windows.row * gsd
    side = windows.cells * gsd
    return np.stack([west, north - side, west + side, north], axis=1)


class _Lattice(Protocol):
    def row(self, y: np.ndarray) -> np.ndarray: ...

    def column(self, row: np.ndarray, x: np.ndarray) -> np.ndarray: ...

    def wrapped(self, row: np.ndarray, column: np.ndarray) -> np.ndarray: ...


@frozen
class _Plane:
    """Squares of a projected reference system."""

    metres: float

    def row(self, y: np.ndarray) -> np.ndarray:
        return np.floor(y / self.metres).astype(np.int64)

    def column(self, row: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.floor(x / self.metres).astype(np.int64)

    def wrapped(self, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        return column


@frozen
class _Globe:
    """Squares of latitude and longitude, at least so many metres wide in the middle of their row."""

    metres: float

    def row(self, y: np.ndarray) -> np.ndarray:
        return np.floor(np.radians(y) * _EARTH / self.metres).astype(np.int64)

    def column(self, row: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.floor((x + 180.0) / 360.0 * self._columns(row)).astype(np.int64)

    def wrapped(self, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        return column % self._columns(row)

    def _columns(self, row: np.ndarray) -> np.ndarray:
        around = 2 * np.pi * _EARTH * np.cos((row + 0.5) * self.metres / _EARTH)
        return np.maximum(1, np.floor(around / self.metres)).astype(np.int64)


def _pairs(lattice: _Lattice, boxes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Windows, int ``[k]``, and squares that they reach into, column and row, int ``[k, 2]``."""
    west, south, east, north = boxes.T
    border = (north - south) * _BORDER
    first, last = lattice.row(south + border), lattice.row(north - border)
    border = (east - west) * _BORDER
    for up in range(int((last - first).max(initial=0)) + 1):
        row = first + up
        left, right = lattice.column(row, west + border), lattice.column(row, east - border)
        for along in range(int((right - left).max(initial=0)) + 1):
            here = np.flatnonzero((row <= last) & (left + along <= right))
            yield here, np.stack([lattice.wrapped(row, left + along), row], axis=1)[here]


def _degrees(crs: np.ndarray, systems: dict[str, CRS], x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of locations in several reference systems."""
    lon, lat = np.empty(len(x)), np.empty(len(y))
    for name in np.unique(crs):
        here = crs == name
        lon[here], lat[here] = project(systems[str(name)], WGS84, x[here], y[here])
    return lon, lat


def _boxes_in_degrees(crs: np.ndarray, systems: dict[str, CRS], boxes: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Boxes around boxes in longitude and latitude; they go on beyond 180 degrees where they cross it."""
    west, south, east, north = boxes.T
    corners = [_degrees(crs, systems, x, y) for x in (west, east) for y in (south, north)]
    lon = np.stack([middle + (corner - middle + 180.0) % 360.0 - 180.0 for corner, _ in corners])
    lat = np.stack([corner for _, corner in corners])
    # Edges that are straight in metres are bent in degrees, by far less than this.
    bend_x, bend_y = (np.ptp(axis, axis=0) * 1e-3 for axis in (lon, lat))
    return np.stack([lon.min(0) - bend_x, lat.min(0) - bend_y, lon.max(0) + bend_x, lat.max(0) + bend_y], axis=1)
