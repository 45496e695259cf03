"""An experiment: everything that a run depends on, in one frozen object."""

from typing import Any, Literal

import attrs
from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.contracts.launchers import run_folder
from spacenit_core.contracts.runners import masking_of
from spacenit_core.errors import UserError
from spacenit_core.kinds.datasets import DatasetConfig
from spacenit_core.kinds.launchers import LauncherConfig
from spacenit_core.kinds.loaders import LoaderConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.datasets.config import H5TilesConfig
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.loader.schedule import max_timesteps
from spacenit_train.launchers.local import LocalLauncher
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.sensor_lists import cut_sensor_lists, sensor_names
from spacenit_train.trainer.config import TrainerConfig

Groups = tuple[tuple[str, ...], ...]
"""The bands of each token of a sensor."""


def band_groups(groups: dict[str, Groups]) -> dict[str, Groups]:
    """Band groups by sensor names as they are installed, from any case."""
    return {SENSORS.canonical(name): given for name, given in groups.items()}


@frozen(kw_only=True)
class Experiment:
    """What is trained, on what, how and where. Recipes return one; `spacenit_train.cli.common` resolves one.

    What follows from another value is not stated: the masking policy reaches the loader from here, and the decoder's
    input width is the encoder's.
    """

    run_name: str = setting("the name of the run and of its folder", "")
    sensors: tuple[str, ...] = setting("names of the sensors to train on", converter=sensor_names)
    band_groups: dict[str, Groups] = setting(
        "sensor -> the bands of each of its tokens; its own groups where it is not named, and bands in no group unused",
        factory=dict,
        converter=band_groups,
    )
    seed: int = setting("seed of weights and of the draws inside the model", 12536, validator=at_least(0))
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "of matrix products; auto: bfloat16 where the GPU has it, float32 on CPUs", "auto"
    )
    model: ModelConfig = setting("what is trained", factory=LatentMIMConfig)
    dataset: DatasetConfig = setting("where samples come from", factory=H5TilesConfig)
    data_loader: LoaderConfig = setting("how batches are made of samples", factory=TileLoaderConfig)
    train_module: RunnerConfig = setting("the objective and the optimizer", factory=ContrastiveLatentMIMConfig)
    trainer: TrainerConfig = setting("how long to train and what to write", factory=TrainerConfig)
    launch: LauncherConfig = setting("where the run executes", factory=LocalLauncher)

    @property
    def sensor_set(self) -> SensorSet:
        """The sensors' specs, in their order.

        Raises:
            UserError: for an unknown or repeated sensor, grids that differ, or band groups that do not fit.
        """
        return SensorSet.of(self.sensors, band_groups=self.band_groups)

    @property
    def encoded_sensors(self) -> SensorSet:
        """The sensors that the encoder sees: all but those that every view only predicts."""
        never = frozenset.intersection(*(view.never_encoded() for view in masking_of(self.train_module)))
        return SensorSet(tuple(spec for spec in self.sensor_set if spec.name not in never))

    def derived(self) -> "Experiment":
        """The same with everything filled in that follows from other values.

        Sensors that are not in use are left out of `band_groups` and of settings that name some (`cut_sensor_lists`),
        and so are window sizes of which not even one time step fits into the token budget; the model's target is what
        the runner needs where the model leaves it open; the run's folder is the launcher's where none is named.
        """
        experiment = evolve(
            self,
            band_groups={name: groups for name, groups in self.band_groups.items() if name in self.sensors},
            model=self.train_module.with_needs(cut_sensor_lists(self.model, set(self.sensors))),
            train_module=cut_sensor_lists(self.train_module, set(self.sensors)),
            data_loader=cut_sensor_lists(_cut_window_sizes(self), set(self.sensors)),
            trainer=cut_sensor_lists(self.trainer, set(self.sensors)),
        )
        if self.trainer.save_folder is None and self.run_name:
            folder = run_folder(self.launch, self.run_name)
            experiment = evolve(experiment, trainer=evolve(experiment.trainer, save_folder=folder))
        return experiment


def configs_in(config: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """A config object and all that it holds, with their paths."""
    if isinstance(config, dict):
        return [found for key, value in config.items() for found in configs_in(value, (*path, key))]
    if not attrs.has(type(config)):
        return []
    inner = [configs_in(getattr(config, field.name), (*path, field.name)) for field in attrs.fields(type(config))]
    return [(path, config), *(found for part in inner for found in part)]


def _cut_window_sizes(experiment: Experiment) -> LoaderConfig:
    """The loader's settings without windows that the token budget forbids; as they are where it forbids all."""
    loader = experiment.data_loader
    if not isinstance(loader, TileLoaderConfig):
        return loader
    fitting = tuple(size for size in loader.sampled_hw_p_list if _fits(experiment, loader, size))
    return evolve(loader, sampled_hw_p_list=fitting) if fitting else loader


def _fits(experiment: Experiment, loader: TileLoaderConfig, size: int) -> bool:
    try:
        return max_timesteps(experiment.sensor_set, size, loader.token_budget, loader.token_budget_groups) > 0
    except UserError:
        return False
