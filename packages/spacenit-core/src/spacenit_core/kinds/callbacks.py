"""Kind `callbacks`: what happens beside the training step. `trainer.callbacks` is an ordered mapping of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from spacenit_core.kinds.base import EntryConfig, all_but
from spacenit_core.kinds.recipes import AnyExperiment
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    from torch import nn


class TrainingProgress(Protocol):
    """How far a run is."""

    @property
    def step(self) -> int:
        """Updates done."""
        ...

    @property
    def tokens(self) -> int:
        """Tokens of one view that were not missing, over all global batches."""
        ...


class Ranks(Protocol):
    """The processes of a run."""

    @property
    def rank(self) -> int:
        """This process's number, from 0."""
        ...

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    @property
    def is_main(self) -> bool:
        """Whether this one writes files."""
        ...


class RunningTrainer(Protocol):
    """What a callback sees of the trainer (`spacenit_train.trainer.trainer.Trainer`)."""

    model: "nn.Module"

    @property
    def run_name(self) -> str:
        """The run's name."""
        ...

    @property
    def run_folder(self) -> Path:
        """Where everything is written."""
        ...

    @property
    def experiment(self) -> AnyExperiment:
        """The run's resolved settings; their class is the recipe's."""
        ...

    @property
    def progress(self) -> TrainingProgress:
        """How far the run is."""
        ...

    @property
    def world(self) -> Ranks:
        """The ranks."""
        ...

    @property
    def global_batch_size(self) -> int:
        """Samples per update, over all ranks."""
        ...

    @property
    def planned_steps(self) -> int:
        """Updates of the whole run; where its duration is in tokens an estimate, 0 before the first update."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether the run has reached its duration."""
        ...

    @property
    def ends_interval(self) -> bool:
        """Whether the rows of metrics are written after the present step."""
        ...

    @property
    def has_saved(self) -> bool:
        """Whether the present step is in a checkpoint."""
        ...

    def save(self, *, ephemeral: bool) -> None:
        """Publish a checkpoint of the present state; all ranks call it."""
        ...

    def log(self, name: str, value: float) -> None:
        """Add a number to the metrics, from any event.

        It is written with the newest step that is not in `metrics.jsonl` yet, else with the next one; what comes after
        the last step is not written, which is said. Rank 0 writes what rank 0 logs. A runner's own metrics prevail over
        what is logged under their names.

        Args:
            name: of the metric.
            value: a number, or a tensor or array of one.

        Raises:
            ValueError: for a metric that the step has already, and for what is no number.
        """
        ...

    def summary(self) -> str:
        """What is about to happen, in one line."""
        ...


class Callback:
    """Every method may be left out. `trainer` is the running trainer."""

    def on_run_start(self, trainer: RunningTrainer) -> None:
        """Before the first step, after a checkpoint was loaded."""

    def on_step_end(self, trainer: RunningTrainer, metrics: dict[str, float]) -> None:
        """After each step, with its metrics; on a GPU loss and gradient only where the device was waited for.

        Numbers that are added to the metrics, or given to `trainer.log`, are written with them, in every step; the
        others stay as they are.
        """

    def on_metrics(self, trainer: RunningTrainer, rows: list[dict[str, Any]]) -> None:
        """After rows were written to `metrics.jsonl`, in intervals and at the end (rank 0)."""

    def on_checkpoint(self, trainer: RunningTrainer, path: Path) -> None:
        """After a checkpoint was published (rank 0)."""

    def on_run_end(self, trainer: RunningTrainer, error: BaseException | None) -> None:
        """After the last step, or when the run stops for an error or a signal."""


class CallbackConfig(EntryConfig):
    """Base of callback entries; every one has `enabled`.

    An entry whose `attach` is true joins every run of an installation without being named by a recipe; where
    `attach_to` names a distribution, the runs of that one's recipes and no others.
    """

    __slots__ = ()

    attach: ClassVar[bool] = False
    attach_to: ClassVar[str] = ""

    enabled: bool | str
    """Whether it is built; an entry may know more words than true and false ("auto"), which it answers itself."""

    def inactive(self) -> dict[str, str]:
        """All others, where `enabled` is false."""
        return all_but(self, "enabled", "false") if self.enabled is False else {}

    def build(self) -> Callback:
        """What is called by the trainer's events, with the state that it keeps between them."""
        raise NotImplementedError


CALLBACKS: Registry[type[CallbackConfig]] = Registry("callbacks", CallbackConfig, renamed={"console_logger": "console"})
