"""A plugin whose samples lie in memory: no folder, no files, numbers of its own."""

from pathlib import Path

import numpy as np
from attrs import evolve, frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.datasets import DatasetConfig, GeoreferencedDataset, TileDataset
from spacenit_core.samples.georeference import Georeference
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.datasets.h5_tiles import H5Tiles

FIRST = 100
"""The number of the first sample."""


@frozen(kw_only=True)
class MemoryConfig(DatasetConfig):
    """Settings of data set `memory`."""

    copied: Path = setting("set of H5 samples whose pixels are copied", Path("."))
    georeferenced: bool = setting("whether it says where its samples lie", True)

    def build(self, sensors: SensorSet) -> TileDataset:
        """Copy the pixels."""
        files = H5Tiles(self.copied, sensors)
        samples = [files.read_window(index) for index in range(len(files))]
        if not self.georeferenced:
            return Memory(sensors, samples, files.tile_size)
        found = files.georeference()
        return PlacedMemory(sensors, samples, files.tile_size, evolve(found, numbers=found.numbers + FIRST))


class Memory:
    """Windows of samples in memory."""

    def __init__(self, sensors: SensorSet, samples: list[SampleWindow], tile_size: int | None) -> None:
        self.sensors = sensors
        self._tile_size = tile_size
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def tile_size(self) -> int | None:
        """As in the files."""
        return self._tile_size

    def read(self, index: int, *, cells: int, max_timesteps: int, rng: np.random.Generator) -> SampleWindow:
        """Never asked for here."""
        raise NotImplementedError

    def read_window(
        self, index: int, *, row: int, column: int, cells: int, start: int = 0, steps: int | None = None
    ) -> SampleWindow:
        """Some cells of all dates."""
        whole = self.samples[index]
        bands = {name: values[row : row + cells, column : column + cells] for name, values in whole.bands.items()}
        return evolve(whole, index=FIRST + index, bands=bands, row=row, column=column)


class PlacedMemory(Memory, GeoreferencedDataset):
    """The same, which says where they lie."""

    def __init__(
        self, sensors: SensorSet, samples: list[SampleWindow], tile_size: int | None, found: Georeference
    ) -> None:
        super().__init__(sensors, samples, tile_size)
        self.found = found

    @property
    def source(self) -> str:
        """Named in reports."""
        return "memory"

    @property
    def numbers(self) -> np.ndarray:
        """Not positions."""
        return FIRST + np.arange(len(self))

    def georeference(self) -> Georeference:
        """Where they lie."""
        return self.found

    def version(self) -> str:
        """It never changes."""
        return "1"
