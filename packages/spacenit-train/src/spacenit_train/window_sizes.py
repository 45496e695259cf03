"""Sizes of windows of which the token budget leaves something."""

from typing import TYPE_CHECKING

from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.kinds.loaders import LoaderConfig
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.loader.schedule import max_timesteps

if TYPE_CHECKING:
    from spacenit_train.tile_experiment import TileExperiment


def cut_window_sizes(experiment: "TileExperiment") -> LoaderConfig:
    """The loader's settings without windows that the token budget forbids; as they are where it forbids all."""
    loader = experiment.data_loader
    if not isinstance(loader, TileLoaderConfig):
        return loader
    fitting = tuple(size for size in loader.sampled_hw_p_list if _fits(experiment, loader, size))
    return evolve(loader, sampled_hw_p_list=fitting) if fitting else loader


def _fits(experiment: "TileExperiment", loader: TileLoaderConfig, size: int) -> bool:
    try:
        return max_timesteps(experiment.sensor_set, size, loader.token_budget, loader.token_budget_groups) > 0
    except UserError:
        return False
