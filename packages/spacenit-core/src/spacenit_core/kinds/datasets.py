"""Kind `datasets`: where samples come from."""

from typing import Protocol, Self

import numpy as np

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.samples.georeference import Georeference
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


class GeoreferencedDataset(TileDataset, Protocol):
    """A data set that says where its samples lie: labels of the ground are found in it, so that models are evaluated.

    Who inherits it writes what has no default here, `tile_size` as a property.
    What has `georeference` is taken for one.
    """

    @property
    def source(self) -> str:
        """Where it comes from, for reports and errors: a folder, an address, a name."""
        ...

    @property
    def numbers(self) -> np.ndarray:
        """The number of each sample, by which it is georeferenced: `SampleWindow.index`, int ``[n]``, ascending."""
        return np.arange(len(self))

    def georeference(self) -> Georeference:
        """Where samples lie: those in use, and others if it knows more.

        Raises:
            DataError: where it does not know.
        """
        ...

    def version(self) -> str:
        """Tells its samples from others: the same text, the same samples. Reads none of them."""
        ...

    def checked_months(self) -> str:
        """How its months are counted, in words; empty where they are as `SampleWindow` has them by construction.

        Raises:
            UserError: where its dates show that they are read a month off.
        """
        return ""


class DatasetConfig(EntryConfig):
    """Base of data set entries."""

    __slots__ = ()

    def whole(self) -> Self:
        """The same set with all of its samples, for evaluation: a share or a choice is for training."""
        return self

    def offers(self) -> SensorSet | None:
        """The sensors that its samples hold, asked where a model takes whatever there is; None where it cannot say."""
        return None

    def build(self, sensors: SensorSet) -> TileDataset:
        """Open the data set for these sensors (reads its index, not its samples)."""
        raise NotImplementedError


DATASETS: Registry[type[DatasetConfig]] = Registry("datasets", DatasetConfig)
