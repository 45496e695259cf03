"""Models of others, set to take what a benchmark holds."""

from collections.abc import Sequence

from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EmbedderConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_evals.sweep.request import SweptModel
from spacenit_evals.sweep.settings import has, with_settings

_SEVERAL, _ONE = "sensors", "sensor"


def fitting(model: SweptModel, offered: Sequence[str], patch_size: int) -> SweptModel:
    """The model for a benchmark: embedders that can be asked to take other sensors are asked for all that it holds.

    Args:
        model: as its flags set it.
        offered: the sensors of the benchmark.
        patch_size: cells along one side of a patch.

    Raises:
        UserError: where it takes none of them.
    """
    config = model.embedder
    if model.checkpoint is None and not model.stated_sensors and (has(config, _SEVERAL) or has(config, _ONE)):
        taken = [name for name in offered if _takes(config, (name,), patch_size)]
        while taken and not _takes(config, tuple(taken), patch_size):
            # Of two products of one sensor it takes one: that which it takes unasked, else the first.
            unasked = config.takes(None, patch_size)
            usual = () if unasked is None else unasked.sensors.names
            taken.remove(next((name for name in reversed(taken) if name not in usual), taken[-1]))
        if taken:
            return evolve(model, embedder=_asked(config, tuple(taken)))
        raise UserError(f"it holds {', '.join(offered)}, of which the model takes nothing")
    if model.takes is not None and not _products(offered) & _products(model.takes.names):
        raise UserError(f"it holds {', '.join(offered)}, and the model takes {', '.join(model.takes.names)}")
    return model


def inputs_of(model: SweptModel, patch_size: int) -> ModelInputs | None:
    """What a model takes; None where that is not known before it is loaded, or is whatever there is."""
    if model.checkpoint is None:
        return model.embedder.takes(None, patch_size)
    return None if model.takes is None else ModelInputs(sensors=model.takes, patch_size=patch_size)


def _asked(config: EmbedderConfig, sensors: tuple[str, ...]) -> EmbedderConfig:
    return with_settings(config, **({_SEVERAL: sensors} if has(config, _SEVERAL) else {_ONE: sensors[0]}))


def _takes(config: EmbedderConfig, sensors: tuple[str, ...], patch_size: int) -> bool:
    if len(sensors) > 1 and not has(config, _SEVERAL):
        return False
    try:
        _asked(config, sensors).takes(None, patch_size)
    except UserError:
        return False
    return True


def _products(sensors: Sequence[str]) -> set[str]:
    """Sensors without their level: some benchmarks hand their pixels on as either level of Sentinel-2."""
    return {name.removesuffix("_l2a") for name in sensors}
