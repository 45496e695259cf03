"""Training figures of one cell, as far as they lie in its folder."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from attrs import fields, frozen

from spacenit_ablations.ablate.plan import Cell, Change
from spacenit_core.checkpoint import latest
from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_train.trainer.metrics import read_metrics

_WARM_UP = 2
"""Steps that are left out of the speed: everything is loaded and allocated in them."""

_BESIDE = {"tokens": ("pooled", "regularizer", "pixels"), "pixels": ("pooled", "regularizer")}
"""Roles of the losses that say how well a model predicts, the one that is told first; and of the terms beside them."""

_SLOTS = {"pooled": "contrastive", "regularizer": "regularizer", "pixels": "mae"}
"""Where runners of this house keep the terms, which may be none."""

_SAME_OBJECTIVE = (
    "train_module.optim",
    "train_module.scheduler",
    "train_module.max_grad_norm",
    "model.decoder",
    "model.encoder.drop_path",
    "model.encoder.band_dropout_rate",
    "model.encoder.random_band_dropout",
    "model.encoder.band_dropout_modalities",
)
"""Settings that change neither which tokens are predicted nor how they are judged: their losses stay comparable."""


@frozen(kw_only=True)
class Figures:
    """What a training has to show.

    Attributes:
        steps: updates.
        tokens: tokens of one view that it has seen.
        measure: which loss is told: the tokens' where there is one, else the pixels', else the whole; of several, the
            mean.
        losses: its value in each update.
        final_loss: its mean over the last tenth of the run.
        samples_per_second: the median over the steps.
        encoder_parameters: numbers in what is kept.
        incomparable: the settings because of which the loss cannot be compared with the reference's.
    """

    steps: int
    tokens: int
    measure: str
    losses: tuple[float, ...]
    final_loss: float
    samples_per_second: float
    encoder_parameters: int
    incomparable: tuple[str, ...]


def read_figures(cell: Cell) -> Figures | None:
    """The figures of a cell; None where it has not made a step."""
    path = cell.folder / "metrics.jsonl"
    rows = read_metrics(path) if path.exists() else []
    checkpoint = latest(cell.folder)
    if not rows or checkpoint is None:
        return None
    role, judges = judging_losses(cell.experiment.train_module)
    judged = bool(judges) and all(name in rows[0] for name in judges)
    measured = judges if judged else ("loss",)
    losses = [float(np.mean([row[name] for name in measured])) for row in rows]
    seconds = np.median([row["seconds"] for row in rows[_WARM_UP:] or rows])
    return Figures(
        steps=rows[-1]["step"],
        tokens=rows[-1]["tokens"],
        measure=" and ".join(measured),
        losses=tuple(losses),
        final_loss=float(np.mean(losses[-max(1, len(losses) // 10) :])),
        samples_per_second=cell.experiment.data_loader.global_batch_size / float(seconds),
        encoder_parameters=_parameters(checkpoint / "model.safetensors"),
        incomparable=incomparable(cell.changes, _terms_beside(cell.experiment.train_module, role if judged else "")),
    )


def judging_losses(runner: RunnerConfig) -> tuple[str, tuple[str, ...]]:
    """The role of the losses that say how well a runner predicts, and the names of their metrics.

    Those of tokens where there are some, else those of pixels; the other losses are terms beside them.
    """
    for role in _BESIDE:
        metrics = tuple(loss.metric + _branch(slot) for slot, loss in _losses(runner).items() if loss.role == role)
        if metrics:
            return role, metrics
    return "", ()


def _branch(slot: str) -> str:
    """What a runner with a loss per branch (loss_a, loss_b) adds to the names of its metrics."""
    return slot[-2:] if slot[-2:-1] == "_" else ""


def incomparable(changes: tuple[Change, ...], own_terms: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Those of the changed settings after which a loss means something else.

    Args:
        changes: the settings in which a cell differs from the reference.
        own_terms: losses that are told apart from the one that is compared, so that they may differ.
    """
    same = (*_SAME_OBJECTIVE, *own_terms)
    return tuple(path for path, _, _ in changes if not any(f"{path}.".startswith(f"{one}.") for one in same))


def _losses(runner: Any) -> dict[str, LossConfig]:
    values = {one.name: getattr(runner, one.name) for one in fields(type(runner))}
    return {name: value for name, value in values.items() if isinstance(value, LossConfig)}


def _terms_beside(runner: RunnerConfig, role: str) -> tuple[str, ...]:
    """The settings of the losses that are told apart from those of a role, whether they are there or not."""
    roles = _BESIDE.get(role, ())
    slots = {_SLOTS[one] for one in roles} | {name for name, loss in _losses(runner).items() if loss.role in roles}
    return tuple(f"train_module.{slot}" for slot in sorted(slots))


def _parameters(path: Path) -> int:
    """Numbers in the encoder's tensors, from the file's header alone."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header: dict[str, Any] = json.loads(file.read(size))
    return sum(int(np.prod(entry["shape"])) for name, entry in header.items() if name.startswith("encoder."))
