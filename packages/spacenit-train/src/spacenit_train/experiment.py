"""An experiment: everything that a run depends on, in one frozen object."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import attrs
from attrs import evolve, frozen

from spacenit_core.cli.saying import say
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.config.fields import at_least, setting
from spacenit_core.config.problems import Problem
from spacenit_core.contracts.build import build
from spacenit_core.contracts.launchers import run_folder
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.encoders import ENCODERS, EncoderConfig
from spacenit_core.kinds.launchers import LauncherConfig
from spacenit_core.kinds.loaders import Loader, LoaderConfig, LoaderContext, TrainingBatch
from spacenit_core.kinds.masking import MASKING, MaskingConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.text import listed
from spacenit_train.aliases import ALIASES
from spacenit_train.launchers.local import LocalLauncher
from spacenit_train.trainer.config import TrainerConfig

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import nn


@frozen(kw_only=True)
class Experiment:
    """What is trained, on what, how and where, whatever a sample is. A recipe returns one, of the class that it wants.

    A class that inherits it adds the settings of its samples, which then are reached by `--a.b=c`, and answers what the
    trainer asks: each method here says what holds for samples that nothing is known of.
    """

    aliases: ClassVar[SettingAliases] = ALIASES
    """Other names of its settings."""

    run_name: str = setting("the name of the run and of its folder", "")
    seed: int = setting("seed of weights and of the draws inside the model", 12536, validator=at_least(0))
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "of matrix products; auto: bfloat16 where the GPU has it, float32 on CPUs", "auto"
    )
    model: ModelConfig = setting("what is trained")
    data_loader: LoaderConfig = setting("how batches are made of samples")
    train_module: RunnerConfig = setting("the objective and the optimizer")
    trainer: TrainerConfig = setting("how long to train and what to write", factory=TrainerConfig)
    launch: LauncherConfig = setting("where the run executes", factory=LocalLauncher)

    @property
    def sensor_set(self) -> SensorSet:
        """The sensors that are read; none where samples are something else."""
        return SensorSet(())

    @property
    def encoded_sensors(self) -> SensorSet:
        """The sensors that the encoder sees."""
        return self.sensor_set

    def derived(self) -> Self:
        """The same with everything filled in that follows from other values.

        The model's target is what the runner needs where the model leaves it open; the run's folder is the launcher's
        where none is named.
        """
        experiment = evolve(self, model=self.train_module.with_needs(self.model))
        if self.trainer.save_folder is None and self.run_name:
            folder = run_folder(self.launch, self.run_name)
            experiment = evolve(experiment, trainer=evolve(experiment.trainer, save_folder=folder))
        return experiment

    def name_problems(self) -> list[Problem]:
        """Names in the settings that nothing has; asked before `derived` leaves out what is not in use."""
        return []

    def problems(self) -> list[Problem]:
        """What keeps it from being trained beside what is wrong with any: see `spacenit_train.checks.problems_of`.

        Here these are parts that are made for sensors; a class whose samples are something else adds its own.
        """
        return _made_for_sensors(self)

    def remarks(self) -> list[str]:
        """What its settings do that they may not mean."""
        return []

    def check_data(self) -> None:
        """Open the data, so that what is wrong with them is said once, before processes are started.

        Raises:
            SpaceNitError: where there are none, or they do not fit.
        """
        self.open_loader(LoaderContext(inline=True)).close()

    def needed_paths(self) -> dict[str, str]:
        """Settings that are paths and without which no run begins, each with what `dry_run` says where it is unset."""
        return {}

    def notes_of_data(self) -> list[str]:
        """What `dry_run` has to say of data that are there: it neither reads samples nor imports torch."""
        return []

    def say_data(self) -> None:
        """What `prep` says of the data before it opens a loader.

        Raises:
            SpaceNitError: where no run could begin with them.
        """

    def say_loader(self, loader: Loader[TrainingBatch]) -> None:
        """What `prep` says of the loader."""
        described = loader.describe()
        say(f"{loader.samples:,} samples{described and f': {described}'}")

    def say_batch(self, batch: TrainingBatch) -> None:
        """What `prep` says of the first batch."""
        say(f"first batch: {len(batch)} samples of {batch.token_count():,} tokens")

    def draw(self, batch: TrainingBatch, row: int, step: int) -> tuple[str, "Figure"]:
        """Draw one sample for `visualize`.

        Args:
            batch: of the loader.
            row: the sample's row in it.
            step: whose batch it is.

        Returns:
            The name of the file, and what is drawn.

        Raises:
            UserError: where nobody has said how.
        """
        raise UserError(
            f"visualize draws windows of sensors, and {type(self).__name__} does not say how {type(batch).__name__} "
            "are drawn"
        )

    def open_loader(self, context: LoaderContext) -> Loader[TrainingBatch]:
        """The source of batches of one rank.

        Raises:
            SpaceNitError: where there are no data, or they do not fit the settings.
        """
        return build(self.data_loader, self, context)

    def build_model(self) -> "nn.Module":
        """The model, on the CPU, with weights from torch's generator."""
        return build(self.model, self.sensor_set)

    def check_samples(self, loader: Loader[TrainingBatch]) -> None:
        """Look at samples before the first step of a run.

        Raises:
            DataError: where nothing could be learned from them.
        """

    def check_first_batch(self, batch: TrainingBatch, trusted: Collection[str]) -> list[str]:
        """Look at what the first step learns from.

        Args:
            batch: of the loader.
            trusted: what passes whatever its numbers look like (`--trust-statistics`).

        Returns:
            Remarks about what is seldom right.

        Raises:
            DataError: for what cannot be right.
        """
        return []

    def nothing_to_learn(self, steps: int) -> DataError:
        """The error of a run whose first steps had no token."""
        return DataError(
            f"the batches of the first {steps} steps have no token: there is nothing to learn from",
            "look at what the loader reads; `spacenit-run prep` shows its first batch",
        )

    def checkpoint_files(self) -> dict[str, bytes]:
        """Further files of a checkpoint: what later readers of the weights need to know of the data."""
        return {}

    def check_checkpoint(self, path: Path) -> None:
        """Hold a checkpoint that the run would go on from against what is installed.

        Raises:
            UserError: where the data would mean something else than before.
        """

    def say_of_weights(self, source: Path) -> None:
        """Say what to know of a checkpoint whose weights a new run starts from."""


def _made_for_sensors(experiment: Experiment) -> list[Problem]:
    kinds: dict[type, Registry[Any]] = {EncoderConfig: ENCODERS, MaskingConfig: MASKING}
    named = [
        f"{'.'.join(path)}={kind.name_of(config)}"
        for path, config in configs_in(experiment)
        for base, kind in kinds.items()
        if isinstance(config, base)
    ]
    return [Problem(f"this experiment reads no sensors, which is what {listed(named)} needs")] if named else []


def configs_in(config: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """A config object and all that it holds, with their paths."""
    if isinstance(config, dict):
        return [found for key, value in config.items() for found in configs_in(value, (*path, key))]
    if not attrs.has(type(config)):
        return []
    inner = [configs_in(getattr(config, field.name), (*path, field.name)) for field in attrs.fields(type(config))]
    return [(path, config), *(found for part in inner for found in part)]
