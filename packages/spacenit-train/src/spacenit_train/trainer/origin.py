"""Where a new run takes its weights from: `trainer.load_path`."""

from pathlib import Path

import torch
from torch import nn

from spacenit_core import checkpoint
from spacenit_core.checkpoint.tensors import copy_into, unpack
from spacenit_core.errors import DataError, UserError
from spacenit_core.rng import torch_seed
from spacenit_train.trainer import state


def find_weights(path: Path) -> Path:
    """The checkpoint that a `load_path` means: itself, or the newest of a run's folder.

    Raises:
        UserError: where there is none.
        DataError: where the one that is named is damaged.
    """
    other = "give a run's folder, or one of its step<N>"
    if (path / checkpoint.MANIFEST).is_file():
        try:
            checkpoint.verify(path)
        except DataError as error:
            raise DataError(f"--trainer.load_path={path}: {error.message}", error.hint or other) from error
        return checkpoint.real(path)
    problems: list[str] = []
    found = checkpoint.latest(path, report=problems.append)
    if found is None:
        why = f": {'; '.join(problems)}" if problems else ""
        raise UserError(f"--trainer.load_path={path} holds no whole checkpoint{why}", other)
    return found


def take_weights(source: Path, model: nn.Module, runner: nn.Module, seed: int) -> None:
    """Copy a checkpoint's weights into a model, and let its runner do what it does where a run begins with others'.

    Raises:
        UserError: where they do not fit the model.
    """
    copy_into(model, unpack(source / state.MODEL), source)
    if callable(begin := getattr(runner, "on_weights_loaded", None)):
        torch.manual_seed(torch_seed(seed, "init upon loaded weights"))
        begin()
