"""Kind `recipes`: functions without arguments that return an experiment (an attrs class of the training package)."""

from collections.abc import Callable
from typing import Protocol

from spacenit_core.kinds.launchers import LauncherConfig
from spacenit_core.kinds.loaders import LoaderConfig, LoaderInputs
from spacenit_core.plugins.registry import Registry


class AnyExperiment(LoaderInputs, Protocol):
    """What all experiments have, whatever their samples are; `spacenit_train.experiment.Experiment` is their base.

    A plugin that needs more of one asks for its class: `isinstance(experiment, TileExperiment)`.
    """

    @property
    def run_name(self) -> str:
        """The name of the run and of its folder."""
        ...

    @property
    def precision(self) -> str:
        """Of matrix products: auto, float32 or bfloat16."""
        ...

    @property
    def data_loader(self) -> LoaderConfig:
        """How batches are made of samples."""
        ...

    @property
    def launch(self) -> LauncherConfig:
        """Where the run executes."""
        ...


Recipe = Callable[[], AnyExperiment]

RECIPES: Registry[Recipe] = Registry("recipes", Callable, value=True)
