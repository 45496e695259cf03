"""Runs in this process: to their end or to a step, and what they left."""

import os
import signal
from pathlib import Path
from typing import Any

import torch

from spacenit_core.checkpoint.tensors import unpack
from spacenit_core.kinds.callbacks import Callback
from spacenit_train.trainer.metrics import read_metrics
from spacenit_train.trainer.trainer import Trainer


def steps(folder: Path) -> list[int]:
    return [row["step"] for row in read_metrics(folder / "metrics.jsonl")]


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return read_metrics(folder / "metrics.jsonl")


def weights(folder: Path, step: int) -> dict[str, torch.Tensor]:
    return unpack(folder / f"step{step}" / "model.safetensors")


def fit(experiment: Any) -> Trainer:
    trainer = Trainer(experiment)
    trainer.fit()
    return trainer


class Sends(Callback):
    """A callback and its config in one: signals its own process after a step."""

    enabled = True

    def __init__(self, number: signal.Signals, at: int) -> None:
        self.number, self.at = number, at

    def build(self) -> Callback:
        return self

    def on_step_end(self, trainer: Any, metrics: dict[str, float]) -> None:
        if trainer.progress.step == self.at:
            os.kill(os.getpid(), self.number)


class FailedOnPurpose(Exception):
    """What ends a run that a test lets fail."""


class Raises(Sends):
    """Raises an error after a step."""

    def __init__(self, error: Exception, at: int) -> None:
        self.error, self.at = error, at

    def on_step_end(self, trainer: Any, metrics: dict[str, float]) -> None:
        if trainer.progress.step == self.at:
            raise self.error
