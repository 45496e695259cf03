"""The state of a run as the files of a checkpoint, and back."""

import json
from pathlib import Path
from typing import Any

from attrs import Factory, asdict, define
from torch import nn
from torch.optim import Optimizer

from spacenit_core.checkpoint.directory import Content
from spacenit_core.checkpoint.tensors import copy_into, optimizer_state, pack, restore_optimizer, unpack
from spacenit_core.config.yaml_io import dump_yaml
from spacenit_core.errors import DataError
from spacenit_train.trainer.duration import Progress

MODEL = "model.safetensors"
OPTIMIZER = "optimizer.safetensors"
STATE = "state.json"
CONFIG = "config.yaml"


@define(kw_only=True)
class SavedState:
    """What `state.json` holds: everything but the tensors.

    Attributes:
        progress: how far the run was.
        epoch: passes over the data that were complete.
        config: the experiment in JSON values.
        data: the fingerprint of the data.
        processes: how many ranks trained.
        optimizer: the part of the optimizer's state that is no tensor.
        encoded_sensors: names of the sensors that the encoder has seen; unknown in older checkpoints.
        corrupt: numbers in the data set of the samples that could not be read so far; none in older checkpoints.
    """

    progress: Progress
    epoch: int
    config: dict[str, Any]
    data: dict[str, str]
    processes: int
    optimizer: dict[str, Any]
    encoded_sensors: list[str] | None = None
    corrupt: list[int] = Factory(list)


def files(saved: SavedState, further: dict[str, bytes], model: nn.Module, optimizer: Optimizer) -> dict[str, Content]:
    """The files of a checkpoint, `further` ones of the experiment among them. `saved.optimizer` is filled in here."""
    tensors, saved.optimizer = optimizer_state(optimizer, model)
    return {
        MODEL: lambda: pack(model.state_dict()),
        OPTIMIZER: lambda: pack(tensors),
        STATE: json.dumps(asdict(saved), indent=1).encode(),
        CONFIG: dump_yaml(saved.config).encode(),
        **further,
    }


def read(path: Path) -> SavedState:
    """The state in a checkpoint.

    Raises:
        DataError: where it cannot be read.
    """
    try:
        content = json.loads((path / STATE).read_bytes())
        return SavedState(**{**content, "progress": Progress(**content["progress"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path / STATE} cannot be read: {error}") from error


def restore(path: Path, saved: SavedState, model: nn.Module, optimizer: Optimizer) -> None:
    """Give model and optimizer the state of a checkpoint."""
    copy_into(model, unpack(path / MODEL), path)
    restore_optimizer(optimizer, model, unpack(path / OPTIMIZER), saved.optimizer)
