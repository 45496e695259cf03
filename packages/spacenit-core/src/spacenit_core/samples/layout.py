"""Where the tokens of a batch come from, as integer vectors."""

import logging
from functools import cache, cached_property

import numpy as np
from attrs import frozen

from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec

log = logging.getLogger(__name__)


@cache
def _say_renamed() -> None:
    log.warning("the `steps` of token layouts are called `timesteps`; the old name goes with spacenit-core 0.2")


@frozen
class SensorBlock:
    """The tokens of one sensor: a run of [rows, columns, steps, groups] in row-major order.

    Attributes:
        sensor: the sensor.
        start: index of its first token.
        rows: patches along the height (1 without a grid).
        columns: patches along the width (1 without a grid).
        timesteps: time steps (1 without time).
        groups: band groups.
    """

    sensor: SensorSpec
    start: int
    rows: int
    columns: int
    timesteps: int
    groups: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """[rows, columns, time steps, groups]."""
        return self.rows, self.columns, self.timesteps, self.groups

    @property
    def steps(self) -> int:
        """The old name of `timesteps`."""
        _say_renamed()
        return self.timesteps

    @property
    def stop(self) -> int:
        """One past the index of its last token."""
        return self.start + self.rows * self.columns * self.timesteps * self.groups

    @property
    def tokens(self) -> slice:
        """Where its tokens lie among the N of the batch."""
        return slice(self.start, self.stop)


@frozen(eq=False)
class TokenLayout:
    """The N tokens that every sample of a batch has: sensor after sensor, each [rows, columns, steps, groups].

    The vectors are int32 ``[N]``. `band_set` numbers the (sensor, band group) pairs from 0; `sensor` the sensors.

    Attributes:
        blocks: one block per sensor, in the order of the sensor set.
        rows: patches along the height of the window.
        columns: patches along the width of the window.
        timesteps: time steps of the window.
        patch_size: cells along one side of a patch.
    """

    blocks: tuple[SensorBlock, ...]
    rows: int
    columns: int
    timesteps: int
    patch_size: int

    @classmethod
    def of(
        cls, sensors: SensorSet, *, rows: int, columns: int, patch_size: int, timesteps: int = 0, steps: int = 0
    ) -> "TokenLayout":
        """Lay out a window of rows x columns patches and the given number of time steps (`steps`: an old name)."""
        if not timesteps:
            if not steps:
                raise TypeError("a layout needs timesteps, at least 1")
            _say_renamed()
            timesteps = steps
        blocks: list[SensorBlock] = []
        start = 0
        for spec in sensors:
            height, width = (rows, columns) if spec.spatial else (1, 1)
            block = SensorBlock(spec, start, height, width, timesteps if spec.temporal else 1, len(spec.token_groups))
            blocks.append(block)
            start = block.stop
        return cls(tuple(blocks), rows, columns, timesteps, patch_size)

    @property
    def steps(self) -> int:
        """The old name of `timesteps`."""
        _say_renamed()
        return self.timesteps

    def __len__(self) -> int:
        return self.blocks[-1].stop if self.blocks else 0

    def __getitem__(self, name: str) -> SensorBlock:
        for block in self.blocks:
            if block.sensor.name == name:
                return block
        raise KeyError(name)

    @property
    def sensor_names(self) -> tuple[str, ...]:
        """The sensors' names, in token order."""
        return tuple(block.sensor.name for block in self.blocks)

    @cached_property
    def _grid(self) -> np.ndarray:
        parts = []
        for number, block in enumerate(self.blocks):
            axes = np.indices(block.shape, dtype=np.int32).reshape(4, -1)
            parts.append(np.concatenate([np.full((1, axes.shape[1]), number, np.int32), axes]))
        return np.concatenate(parts, axis=1) if parts else np.zeros((5, 0), np.int32)

    @property
    def sensor(self) -> np.ndarray:
        """Index of each token's sensor."""
        return self._grid[0]

    @property
    def row(self) -> np.ndarray:
        """Patch row."""
        return self._grid[1]

    @property
    def column(self) -> np.ndarray:
        """Patch column."""
        return self._grid[2]

    @property
    def time(self) -> np.ndarray:
        """Time step."""
        return self._grid[3]

    @property
    def group(self) -> np.ndarray:
        """Band group within the sensor."""
        return self._grid[4]

    @cached_property
    def band_set(self) -> np.ndarray:
        """Index of each token's (sensor, band group) pair."""
        first = np.cumsum([0] + [block.groups for block in self.blocks])[:-1].astype(np.int32)
        return first[self.sensor] + self.group

    @cached_property
    def band_set_sensor(self) -> np.ndarray:
        """For each (sensor, band group) pair the index of its sensor."""
        return np.repeat(np.arange(len(self.blocks), dtype=np.int32), [block.groups for block in self.blocks])
