"""Cut one sample out of an area."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import numpy as np
from attrs import frozen

from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_data.h5.writer import Location, SampleArrays
from spacenit_data.tile.areas import Area
from spacenit_data.tile.facts import SensorFacts, TileFacts
from spacenit_data.tile.images import compose, restore_zeros
from spacenit_data.tile.placed import PlacedRaster
from spacenit_data.tile.read import read_onto, zeros_onto
from spacenit_data.tile.settings import TileSettings
from spacenit_data.tile.values import may_hold_zeros, zeros_as_stored

Position = tuple[int, int, int]
"""The number of an area, then the row and column of the tile's upper left cell in its grid."""

Images = dict[tuple[str, date | None], np.ndarray]
"""(sensor, date) -> float32 ``[P, P, C]``, NaN where missing."""


@frozen
class Cutter:
    """Cuts samples out of areas; travels to worker processes.

    Attributes:
        areas: the areas.
        sensors: the sensors of the set.
        settings: the size of samples and what counts as missing.
    """

    areas: tuple[Area, ...]
    sensors: SensorSet
    settings: TileSettings

    @property
    def positions(self) -> list[Position]:
        """All tiles of all areas."""
        return [(n, *position) for n, area in enumerate(self.areas) for position in area.positions(self.settings)]

    def cut(self, position: Position) -> tuple[TileFacts, SampleArrays | None]:
        """Read a tile: what was found in it, and its arrays where it becomes a sample.

        Raises:
            DataError: if a raster cannot be read.
        """
        images = self._images(position)
        valid = self._valid_share(images)
        if valid == 0.0 or valid < self.settings.min_valid:
            return TileFacts(valid=valid, sensors={}), None
        return TileFacts(valid=valid, sensors=self._facts(images)), self._sample(images, position)

    def sample(self, position: Position) -> SampleArrays:
        """The arrays of a tile that is not empty. Pixels are float32; missing ones -99999.

        Raises:
            DataError: if a raster cannot be read.
        """
        return self._sample(self._images(position), position)

    def latlon(self, position: Position) -> np.ndarray:
        """The centre of a tile in degrees, float32 ``[2]``."""
        number, row, column = position
        half = self.settings.tile_size / 2
        return np.array(self.areas[number].grid.latlon(row + half, column + half), np.float32)

    def location(self, position: Position) -> Location:
        """Where a tile lies in its CRS."""
        number, row, column = position
        grid = self.areas[number].grid
        corner = grid.transform(row, column)
        return Location(grid.crs.to_string(), corner.c, corner.f, grid.gsd)

    def _facts(self, images: Images) -> dict[str, SensorFacts]:
        sensors = {}
        for spec in self.sensors:
            series = [values for (name, _), values in images.items() if name == spec.name]
            if series:
                sensors[spec.name] = SensorFacts.of(spec, np.stack(series, axis=2))
        return sensors

    def _sample(self, images: Images, position: Position) -> SampleArrays:
        dates = sorted({day for (name, day) in images if day is not None and self._leads(name)})
        bands, present = {}, {}
        for spec in self.sensors:
            series = {day: values for (name, day), values in images.items() if name == spec.name}
            if not series:
                continue
            stack = np.stack(list(series.values()), axis=2)
            bands[spec.name] = np.where(np.isnan(stack), np.float32(NODATA), stack)
            if spec.temporal:
                present[spec.name] = np.array([day in series for day in dates])
        return SampleArrays(
            bands=bands,
            present=present,
            timestamps=np.array([(day.day, day.month - 1, day.year) for day in dates], np.int32),
            latlon=self.latlon(position),
            location=self.location(position),
        )

    def _leads(self, name: str) -> bool:
        return self.sensors[name].temporal or not any(spec.temporal for spec in self.sensors)

    def _images(self, position: Position) -> Images:
        """The images of a tile by sensor, then date; without those that have no pixel."""
        number, row, column = position
        area, size = self.areas[number], self.settings.tile_size
        series = defaultdict[tuple[str, date | None], list[PlacedRaster]](list)
        for item in area.placed:
            if item.reaches(row, column, size):
                series[item.raster.sensor.name, item.raster.date].append(item)
        order = {name: position for position, name in enumerate(self.sensors.names)}
        images = {}
        for key in sorted(series, key=lambda key: (order[key[0]], key[1] or date.min)):
            image = self._mosaic(series[key], area, row, column)
            if image is not None:
                images[key] = image
        return images

    def _mosaic(self, placed: Iterable[PlacedRaster], area: Area, row: int, column: int) -> np.ndarray | None:
        images: dict[int, tuple[np.ndarray, list[int]]] = {}
        zeros: dict[int, list[tuple[int, np.ndarray, float]]] = defaultdict(list)
        for item in placed:
            values = read_onto(item, area.grid, row, column, self.settings)
            if values is None:
                continue
            if item.image not in images:
                empty = np.full((*values.shape[1:], len(item.raster.sensor.bands)), np.nan, np.float32)
                images[item.image] = (empty, [])
            image, channels = images[item.image]
            image[..., list(item.raster.channels)] = np.moveaxis(values, 0, -1)
            channels.extend(item.raster.channels)
            if may_hold_zeros(item.raster, self.settings) and np.isnan(values).any():
                where = zeros_onto(item, area.grid, row, column, self.settings)
                if where is not None and where.any():
                    found = zip(item.raster.channels, where, zeros_as_stored(item.raster, self.settings), strict=True)
                    zeros[item.image].extend(found)
        for number, of_image in zeros.items():
            restore_zeros(images[number][0], of_image)
        whole = compose(images.values())
        return whole if whole is not None and np.isfinite(whole).any() else None

    def _valid_share(self, images: Images) -> float:
        size = self.settings.tile_size
        valid = np.zeros((size, size), bool)
        for (name, _), values in images.items():
            if self._leads(name):
                k = self.sensors[name].pixels_per_cell
                valid |= np.isfinite(values).any(axis=2).reshape(size, k, size, k).any(axis=(1, 3))
        return float(valid.mean())
