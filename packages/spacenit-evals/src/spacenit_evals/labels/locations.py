"""Where the samples of a set lie on the ground."""

from functools import cached_property

import numpy as np
from attrs import frozen
from rasterio.crs import CRS
from rasterio.errors import CRSError

from spacenit_core.errors import DataError
from spacenit_core.samples.georeference import Georeference
from spacenit_data.tile.grid import project
from spacenit_data.tile.ground import turn_of

_ALONG = np.linspace(0.0, 1.0, 5)
_OUTLINE = np.array([(a, b) for a in _ALONG for b in _ALONG if {a, b} & {0.0, 1.0}]).T
"""Points on the border of a square of side 1, float ``[2, k]``."""


@frozen(eq=False, slots=False)
class SampleLocations(Georeference):
    """Where m samples lie, in any reference system."""

    @cached_property
    def systems(self) -> dict[str, CRS]:
        """The reference systems by the name that the set gives them."""
        return {str(name): CRS.from_user_input(str(name)) for name in np.unique(self.crs)}

    def of(self, samples: np.ndarray) -> np.ndarray:
        """The locations of samples among the m, int ``[n]``, by their numbers."""
        return np.searchsorted(self.numbers, samples)

    def boxes(self, crs: CRS, tile_size: int) -> np.ndarray:
        """West, south, east and north of each sample in another reference system, float64 ``[m, 4]``.

        They reach a little farther than the samples, go on beyond 180 degrees where samples cross the date line, and
        are infinite for samples that the system does not have.

        Args:
            crs: the system.
            tile_size: cells along one side of a sample.
        """
        out, turn = np.empty((len(self), 4)), turn_of(crs)
        side = (self.gsd * tile_size)[:, None]
        x, y = self.left[:, None] + side * _OUTLINE[0], self.top[:, None] - side * _OUTLINE[1]
        for name, system in self.systems.items():
            here = self.crs == name
            east, north = x[here], y[here]
            if system != crs:
                east, north = (part.reshape(east.shape) for part in project(system, crs, east.ravel(), north.ravel()))
            if turn is not None:
                east = east[:, :1] + (east - east[:, :1] + turn / 2) % turn - turn / 2
            corners = np.stack([east.min(1), north.min(1), east.max(1), north.max(1)], axis=1)
            # Edges that are straight in one system are bent in another, by less than this.
            size = (corners[:, 2:] - corners[:, :2]) * 0.02
            out[here] = corners + np.concatenate([-size, size], axis=1)
        return out

    def all_turns(self, crs: CRS, tile_size: int) -> tuple[np.ndarray, np.ndarray]:
        """The boxes once for each way in which longitudes may be written: locations int ``[k]`` and boxes ``[k, 4]``.

        Args:
            crs: the reference system that the boxes are in.
            tile_size: cells along one side of a sample.
        """
        boxes, locations = self.boxes(crs, tile_size), np.arange(len(self))
        turn = turn_of(crs)
        turns = (0.0,) if turn is None else (0.0, turn, -turn)
        every = np.concatenate([boxes + np.array([turn, 0.0, turn, 0.0]) for turn in turns])
        known = np.isfinite(every).all(axis=1)
        return np.tile(locations, len(turns))[known], every[known]

    def depth(
        self, location: int, crs: CRS, x: np.ndarray, y: np.ndarray, tile_size: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How far inside of a sample points lie, in cells (negative outside), and their rows and columns, ``[n]`` each.

        Args:
            location: the sample's index among the m.
            crs: the points' reference system.
            x: their coordinates,
            y: in that system.
            tile_size: cells along one side of a sample.
        """
        system = self.systems[str(self.crs[location])]
        east, north = (x, y) if system == crs else project(crs, system, x, y)
        column = (east - self.left[location]) / self.gsd[location]
        row = (self.top[location] - north) / self.gsd[location]
        inside = np.min([row, column, tile_size - row, tile_size - column], axis=0)
        outside = (row >= tile_size) | (column >= tile_size)
        return np.where(outside | ~np.isfinite(inside), -1.0, inside), row, column


def located(found: Georeference, source: str) -> SampleLocations:
    """Where the samples of a set lie.

    Args:
        found: what the set says.
        source: the set, for errors.

    Raises:
        DataError: where a reference system is unknown, or its coordinates are no metres.
    """
    locations = SampleLocations(found.numbers, found.crs, found.left, found.top, found.gsd)
    try:
        local = [name for name, system in locations.systems.items() if not system.is_projected]
    except CRSError as error:
        raise DataError(f"the reference system of samples of {source} is not known: {error}") from error
    if local:
        raise DataError(f"samples of {source} do not lie in metres of a projected system, but in {', '.join(local)}")
    return locations
