"""Models of our own runs, rebuilt from a checkpoint alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from attrs import frozen
from torch import nn

from spacenit_core import initial_weights
from spacenit_core.checkpoint import MANIFEST, check_run, checkpoints, latest, real, verify
from spacenit_core.checkpoint.tensors import copy_into, unpack
from spacenit_core.config import load_yaml, structure
from spacenit_core.errors import UserError
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.pretrained.encoded import read_encoded
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.stored import check_installed, read_stored


@frozen(kw_only=True, eq=False)
class RunModel:
    """The model of a checkpoint.

    Attributes:
        path: the checkpoint.
        step: updates done; None where nothing says so.
        model: the model, on the CPU.
        sensors: the sensors that it was trained on.
        encoded_sensors: those that its encoder saw: all but what was only predicted.
        config: what the model was built from.
        experiment: the whole experiment as plain data.
    """

    path: Path
    step: int | None
    model: nn.Module
    sensors: SensorSet
    encoded_sensors: SensorSet
    config: ModelConfig
    experiment: dict[str, Any]


def is_run(folder: Path) -> bool:
    """Whether a folder is a run's or a checkpoint."""
    return (folder / MANIFEST).exists() or bool(checkpoints(folder))


def read_run(folder: Path, adapt: Callable[[ModelConfig], ModelConfig] = lambda config: config) -> RunModel:
    """Read the newest whole checkpoint of a run.

    Args:
        folder: the run's folder, or one of its checkpoints (``step<N>``).
        adapt: changes the model's config, where that leaves its weights as they are.

    Raises:
        UserError: if there is no run or no checkpoint, or a run without sensors, or a plugin that the model needs is
            missing, or installed sensors are not those that it was trained on.
        DataError: if the named checkpoint is damaged.
    """
    path = _checkpoint(folder)
    manifest = verify(path)
    experiment = load_yaml(path / "config.yaml")
    if "sensors" not in experiment:
        raise UserError(f"{path} is a run without sensors: only encoders of sensors are loaded, evaluated and exported")
    sensors = SensorSet.of(experiment["sensors"], band_groups=experiment.get("band_groups"))
    check_installed(read_stored(path), sensors, path)
    config = adapt(structure(experiment["model"], ModelConfig))
    with torch.random.fork_rng(devices=[]), initial_weights.drawn():
        model = config.build(sensors)
    copy_into(model, unpack(path / "model.safetensors"), path)
    return RunModel(
        path=path,
        step=manifest.step,
        model=model,
        sensors=sensors,
        encoded_sensors=read_encoded(path, experiment, sensors),
        config=config,
        experiment=experiment,
    )


def _checkpoint(folder: Path) -> Path:
    check_run(folder)
    if (folder / MANIFEST).exists():
        return real(folder)
    problems: list[str] = []
    found = latest(folder, report=problems.append)
    if found is None:
        why = "; ".join(problems)
        raise UserError(f"{folder} has no usable checkpoint: {why}", "train the run, or give another folder")
    return found
