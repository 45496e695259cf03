"""Reading one batch: what happens in a loader worker."""

from collections.abc import Sequence

import numpy as np
import torch
from attrs import define, frozen

from spacenit_core.contracts.blame import explained
from spacenit_core.errors import DataError, SpaceNitError
from spacenit_core.kinds.datasets import TileDataset
from spacenit_core.kinds.loaders import CorruptSample
from spacenit_core.kinds.masking import MaskingPolicy
from spacenit_core.rng import Draws, generator
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_data.loader.augmentation import Augmentation
from spacenit_data.loader.collate import collate
from spacenit_data.loader.order import SampleOrder
from spacenit_data.loader.schedule import Schedule, WindowShape

_ATTEMPTS = 100


@define
class Fetched:
    """What a worker hands over: a batch, or the error that prevented it, and the samples that were replaced.

    Errors travel as values: torch would rebuild a raised one from its traceback's text.
    """

    batch: Batch | None
    corrupt: tuple[CorruptSample, ...] = ()
    error: SpaceNitError | None = None

    def pin_memory(self) -> "Fetched":
        """The same with the batch in page-locked memory; torch's loader calls this."""
        return Fetched(self.batch and self.batch.pin_memory(), self.corrupt, self.error)


@frozen(eq=False)
class BatchReader(torch.utils.data.Dataset[Fetched]):
    """From a global step to the rows of its batch that one rank trains on; a pure function of the step.

    Attributes:
        dataset: where samples come from.
        order: which samples a step takes.
        schedule: the size of a step's windows.
        masking: for each view the policy that decides what it encodes and predicts.
        seed: the loader's seed.
        positions: int64 ``[B]``: the rank's rows in the global batch.
        replace_corrupt: whether another sample takes the place of an unreadable one.
        augmentation: what is done to the windows before they are masked.
    """

    dataset: TileDataset
    order: SampleOrder
    schedule: Schedule
    masking: tuple[MaskingPolicy, ...]
    seed: int
    positions: np.ndarray
    replace_corrupt: bool
    augmentation: Augmentation

    def __getitem__(self, step: int) -> Fetched:
        corrupt: list[CorruptSample] = []
        try:
            shape = self.schedule.shape(step)
            positions = self.augmentation.needed(self.positions, self.order.batch_size)
            indices = self.order.indices(step, positions)
            tiles = [
                self._read(step, int(position), int(index), shape, corrupt)
                for position, index in zip(positions, indices, strict=True)
            ]
            return Fetched(self._batch(step, tiles, shape), tuple(corrupt))
        except Exception as error:
            known = explained(error)
            if not isinstance(known, SpaceNitError):
                raise
            return Fetched(None, tuple(corrupt), known)

    def _read(
        self, step: int, position: int, index: int, shape: WindowShape, corrupt: list[CorruptSample]
    ) -> SampleWindow:
        for attempt in range(1, _ATTEMPTS + 1):
            rng = generator(self.seed, "window", step, position, attempt)
            try:
                return self.dataset.read(index, cells=shape.cells, max_timesteps=shape.timesteps, rng=rng)
            except DataError as error:
                if not self.replace_corrupt:
                    raise
                corrupt.append(CorruptSample(index, step, position, error.message))
                index = self.order.substitute(step, position, attempt)
        raise DataError(
            f"{_ATTEMPTS} samples in a row could not be read, the last because: {corrupt[-1].message}",
            "check the data set with `spacenit-run data validate`",
        )

    def _batch(self, step: int, tiles: Sequence[SampleWindow], shape: WindowShape) -> Batch:
        sensors = self.dataset.sensors
        read = collate(
            tiles,
            sensors,
            patch_size=shape.patch_size,
            rows=shape.patches,
            columns=shape.patches,
            timesteps=shape.timesteps,
        )
        windows, own = self.augmentation(read, self.seed, step, self.positions, self.order.batch_size)
        layout, missing = windows.layout, windows.missing
        visibility = np.zeros((len(self.masking), *missing.shape), dtype=np.uint8)
        for view, policy in enumerate(self.masking):
            draws = Draws(self.seed, step, f"masking view {view}", self.positions.tolist(), self.order.batch_size)
            visibility[view] = policy(layout, missing, draws)
        return Batch(
            pixels={name: torch.from_numpy(np.ascontiguousarray(pixels)) for name, pixels in windows.pixels.items()},
            timestamps=torch.from_numpy(windows.timestamps),
            layout=layout,
            visibility=torch.from_numpy(visibility),
            grid_gsd=sensors.grid_gsd,
            indices=torch.tensor([tiles[row].index for row in own], dtype=torch.int64),
        )
