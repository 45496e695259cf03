"""Kind `loaders`: where batches come from. The trainer asks nothing else of data than what stands here."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from pathlib import Path

    import torch

B = TypeVar("B", bound="TrainingBatch")
B_co = TypeVar("B_co", bound="TrainingBatch", covariant=True)


UNREADABLE = "unreadable"
"""What a fingerprint says of a sample that cannot be read: it is compared with nothing."""

AS_STORED = "files of "
"""How names in a fingerprint begin that may differ for the same samples, stored otherwise: that is only said."""


class TrainingBatch(Protocol):
    """One rank's samples of a step, whatever a sample is."""

    def __len__(self) -> int:
        """The number of samples."""
        ...

    def to(self: B, device: "torch.device | str") -> B:
        """The batch on a device (asynchronously from pinned memory)."""
        ...

    def pin_memory(self: B) -> B:
        """The batch in page-locked memory; torch's loader calls this."""
        ...

    def micro_batches(self: B, size: int) -> Iterator[B]:
        """Cut into chunks of `size` samples; the last may be smaller."""
        ...

    def token_count(self) -> int:
        """Tokens that there is something to learn from, of one view, over all samples."""
        ...


@frozen
class CorruptSample:
    """A sample that could not be read and was replaced.

    Attributes:
        index: its number in the data set.
        step: the global step that asked for it.
        position: the row of the global batch that it should have filled.
        message: what was wrong with it.
    """

    index: int
    step: int
    position: int
    message: str


class Loader(Protocol[B_co]):
    """Endless batches of one rank. Batch number `step` is a pure function of the settings, the data and `step`.

    Who inherits it writes the first four; the others are those of a loader whose samples can always be read.
    """

    @property
    def samples(self) -> int:
        """Samples of the data set."""
        ...

    @property
    def steps_per_epoch(self) -> int:
        """Updates that make one pass over the data."""
        ...

    def batches(self, first_step: int = 0) -> Iterator[B_co]:
        """This rank's batches from a global step (counted from 0) on, without end. Only one iterator at a time."""
        ...

    def fingerprint(self) -> dict[str, str]:
        """What tells the data from others, wherever they lie: short texts by name, the same for the same data."""
        ...

    def describe(self) -> str:
        """What is to be said of the data in a run's first line; empty for nothing.

        Raises:
            UserError: where they cannot be what the settings say.
        """
        return ""

    @property
    def corrupt_samples(self) -> int:
        """Samples that could not be read and were replaced so far, each counted once."""
        return len(self.corrupt_indices)

    @property
    def corrupt_indices(self) -> list[int]:
        """Their numbers in the data set: the state that a checkpoint keeps."""
        return []

    def recall_corrupt(self, indices: Iterable[int]) -> None:
        """Count samples, the same on all ranks, that an earlier part of the run could not read."""

    def take_unshared(self) -> list[CorruptSample]:
        """The unreadable samples of the last batches that other ranks do not know of; those of all are taken note of.

        None where there are no others: a loader alone takes note by itself.
        """
        return []

    def take_note(self, corrupt: Iterable[CorruptSample]) -> None:
        """Count unreadable samples, the same on all ranks.

        Raises:
            DataError: where there are too many.
        """

    def close(self) -> None:
        """End what runs beside this process."""


@frozen(kw_only=True)
class LoaderContext:
    """Who asks for batches.

    Attributes:
        rank: this process among those that share the global batch.
        world_size: their number.
        run_folder: where a loader may write what it has to tell; None where nothing is written.
        pin_memory: whether batches are put into page-locked memory.
        inline: whether everything is read in this process, to look at some batches.
    """

    rank: int = 0
    world_size: int = 1
    run_folder: "Path | None" = None
    pin_memory: bool = False
    inline: bool = False


class LoaderConfig(EntryConfig):
    """Base of loader entries. Every loader has at least this field, which the trainer reads."""

    __slots__ = ()

    bounds_memory: ClassVar[tuple[str, ...]] = ("global_batch_size",)
    """Settings to lower where memory runs out."""

    global_batch_size: int

    def incompatibilities(self, experiment: "LoaderInputs") -> list[UserError]:
        """What keeps the loader from giving batches to such an experiment."""
        return []

    def build(self, experiment: "LoaderInputs", context: LoaderContext) -> Loader[TrainingBatch]:
        """Open the data of an experiment for one rank.

        Raises:
            SpaceNitError: where there are no data, or they do not fit the settings.
        """
        raise NotImplementedError


class LoaderInputs(Protocol):
    """What every experiment tells a loader; entries for one class of experiments ask for more of its settings."""

    @property
    def seed(self) -> int:
        """The experiment's seed; a loader has one of its own beside it."""
        ...

    @property
    def sensor_set(self) -> SensorSet:
        """The sensors to read; none where samples are something else."""
        ...

    @property
    def model(self) -> ModelConfig:
        """What is trained."""
        ...

    @property
    def train_module(self) -> RunnerConfig:
        """The objective: a runner may say what is masked."""
        ...


LOADERS: Registry[type[LoaderConfig]] = Registry("loaders", LoaderConfig)
