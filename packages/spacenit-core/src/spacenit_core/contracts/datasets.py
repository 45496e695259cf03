"""What a data set gives: see `spacenit_core.kinds.datasets.TileDataset`."""

from typing import Any

import numpy as np

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.samples.georeference import Georeference
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import listed

CONTRACT = "a data set has __len__, sensors, tile_size, read and read_window"

_WITH_GEOREFERENCE = ("source", "numbers", "version", "checked_months")


def hold(component: Any, owner: Owner, sensors: SensorSet) -> Any:
    """The data set; one of others has its tiles checked.

    Raises:
        PluginError: where it lacks something, or holds other sensors.
    """
    absent = [
        name for name in ("__len__", "sensors", "tile_size", "read", "read_window") if not hasattr(component, name)
    ]
    if absent:
        owner.breaks(CONTRACT, f"built {shown_type(component)} without {listed(absent)}")
    if component.sensors != sensors:
        owner.breaks("a data set is of the sensors that it was opened for", "is of other sensors")
    size = component.tile_size
    if size is not None and (not isinstance(size, int | np.integer) or size < 1):
        owner.breaks("tile_size is a number of cells, or None without a grid", f"has the tile_size {size!r}")
    if owner.official:
        return component
    owner.takes(component.read, "index, cells=, max_timesteps=, rng=")
    owner.takes(component.read_window, "index, row=, column=, cells=, start=, steps=")
    if not hasattr(component, "georeference"):
        return HeldDataset(component, owner)
    absent = [name for name in _WITH_GEOREFERENCE if not hasattr(component, name)]
    if absent:
        due = "what has georeference() inherits spacenit_core.kinds.datasets.GeoreferencedDataset, or has its members"
        owner.breaks(due, f"built {shown_type(component)} without {listed(absent)}")
    return HeldGeoreferenced(component, owner)


class HeldDataset:
    """A data set and the check of its tiles.

    Args:
        dataset: what `build` made.
        owner: whose it is.
    """

    def __init__(self, dataset: Any, owner: Owner) -> None:
        self.dataset = dataset
        self.owner = owner

    def __len__(self) -> int:
        return len(self.dataset)

    def __getattr__(self, name: str) -> Any:
        if name in ("dataset", "owner") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def read(self, index: int, *, cells: int, max_timesteps: int, rng: np.random.Generator) -> SampleWindow:
        """Hand a call on, and hold the window that comes back.

        Raises:
            PluginError: for a tile of another form.
        """
        tile: SampleWindow = self.dataset.read(index, cells=cells, max_timesteps=max_timesteps, rng=rng)
        self._check(tile, index, cells, max_timesteps)
        return tile

    def read_window(
        self, index: int, *, row: int, column: int, cells: int, start: int = 0, steps: int | None = None
    ) -> SampleWindow:
        """Hand a call on, and hold the window that comes back.

        Raises:
            PluginError: for a tile of another form.
        """
        tile: SampleWindow = self.dataset.read_window(
            index, row=row, column=column, cells=cells, start=start, steps=steps
        )
        self._check(tile, index, cells, steps)
        return tile

    def _check(self, tile: Any, index: int, cells: int, steps: int | None) -> None:
        if not isinstance(tile, SampleWindow):
            self.owner.breaks("a data set reads Tiles", f"returned {shown_type(tile)} for sample {index}")
        dates = tile.timestamps
        if (
            np.ndim(dates) != 2
            or np.shape(dates)[1] != 3
            or not len(dates)
            or (steps is not None and len(dates) > steps)
        ):
            due = f"a tile's timestamps are [T, 3] with T from 1 to {'the steps it has' if steps is None else steps}"
            self.owner.breaks(due, f"returned {shown_type(dates)} for sample {index}")
        for name, values in tile.bands.items():
            if name not in self.dataset.sensors.names:
                self.owner.breaks("a tile holds the sensors it was asked for", f"returned {name!r} in sample {index}")
            self._check_sensor(tile, index, cells, self.dataset.sensors[name], values)

    def _check_sensor(self, tile: SampleWindow, index: int, cells: int, spec: SensorSpec, values: Any) -> None:
        present: Any = tile.present.get(spec.name)
        count = len(tile.timestamps) if spec.temporal else 1
        if np.shape(present) != (count,) or np.asarray(present).dtype != bool:
            due = f"`present` says of each of the {count} steps whether it is there, bool [{count}]"
            self.owner.breaks(due, f"returned {shown_type(present)} for {spec.name} of sample {index}")
        shape = spec.shape(cells, cells, int(np.sum(present)))
        if np.shape(values) != shape:
            due = f"a window of {cells} x {cells} cells of {spec.name} has the shape {list(shape)}"
            self.owner.breaks(due, f"returned {shown_type(values)} for sample {index}")


class HeldGeoreferenced(HeldDataset):
    """A data set that says where its samples lie, and the check of what it says; see `GeoreferencedDataset`."""

    @property
    def source(self) -> str:
        """Where it comes from."""
        return str(self.dataset.source)

    @property
    def numbers(self) -> np.ndarray:
        """The number of each sample, int ``[n]``, ascending.

        Raises:
            PluginError: for other arrays.
        """
        found: Any = self.dataset.numbers
        due = f"numbers are int [{len(self)}], one for each sample, ascending"
        if not (isinstance(found, np.ndarray) and found.dtype.kind in "iu" and found.shape == (len(self),)):
            self.owner.breaks(due, f"has numbers {shown_type(found)}")
        if (np.diff(found) <= 0).any():
            self.owner.breaks(due, "has numbers that do not ascend")
        return found

    def georeference(self) -> Georeference:
        """Where samples lie.

        Raises:
            PluginError: where it is no `Georeference`, or says nothing of samples in use.
        """
        found: Any = self.dataset.georeference()
        if not isinstance(found, Georeference):
            self.owner.breaks("georeference() returns a Georeference", f"returned {shown_type(found)}")
        absent = np.setdiff1d(self.numbers, found.numbers)
        if len(absent):
            self.owner.breaks("a georeference holds all samples in use", f"returned one without sample {absent[0]}")
        return found

    def version(self) -> str:
        """Tells its samples from others."""
        return str(self.dataset.version())

    def checked_months(self) -> str:
        """How its months are counted, in words."""
        return str(self.dataset.checked_months())
