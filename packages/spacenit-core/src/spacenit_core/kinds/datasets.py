"""Kind `datasets`: where samples come from."""

from typing import Protocol

import numpy as np

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet


class TileDataset(Protocol):
    """Random access to windows of samples. Must survive pickling to a loader worker with files unopened."""

    sensors: SensorSet

    def __len__(self) -> int:
        """The number of samples."""
        ...

    @property
    def tile_size(self) -> int | None:
        """Cells along one side of every sample; None where none of the sensors has a grid."""
        ...

    def read(self, index: int, *, cells: int, max_timesteps: int, rng: np.random.Generator) -> SampleWindow:
        """Read one window: `cells` x `cells` grid cells and at most `max_timesteps` time steps, placed by `rng`.

        Raises:
            DataError: for a file that is not what it claims to be, naming it.
            UserError: where the window does not fit into the sample.
        """
        ...

    def read_window(
        self, index: int, *, row: int, column: int, cells: int, start: int = 0, steps: int | None = None
    ) -> SampleWindow:
        """Read one window at a given place: first cell row and column, first time step, number of steps (None: all)."""
        ...


class DatasetConfig(EntryConfig):
    """Base of data set entries."""

    __slots__ = ()

    def build(self, sensors: SensorSet) -> TileDataset:
        """Open the data set for these sensors (reads its index, not its samples)."""
        raise NotImplementedError


DATASETS: Registry[type[DatasetConfig]] = Registry("datasets", DatasetConfig)
