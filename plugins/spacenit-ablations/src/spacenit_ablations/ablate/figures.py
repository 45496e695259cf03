"""Training figures of one cell, as far as they lie in its folder."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from spacenit_ablations.ablate.plan import Cell, Change
from spacenit_core.checkpoint import latest
from spacenit_train.trainer.metrics import read_metrics

_WARM_UP = 2
"""Steps that are left out of the speed: everything is loaded and allocated in them."""

_SAME_OBJECTIVE = (
    "train_module.optim",
    "train_module.scheduler",
    "train_module.max_grad_norm",
    "model.decoder",
    "model.encoder.drop_path",
    "model.encoder.band_dropout_rate",
    "model.encoder.random_band_dropout",
    "model.encoder.band_dropout_modalities",
    # Terms of their own beside the loss of the tokens.
    "train_module.contrastive",
    "train_module.regularizer",
    "train_module.mae",
)
"""Settings that change neither which tokens are predicted nor how they are judged: their losses stay comparable."""


@frozen(kw_only=True)
class Figures:
    """What a training has to show.

    Attributes:
        steps: updates.
        tokens: tokens of one view that it has seen.
        measure: which loss is told: the tokens' where there is one, else the whole.
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
    token_loss = getattr(getattr(cell.experiment.train_module, "loss", None), "metric", "")
    measure = token_loss if token_loss in rows[0] else "loss"
    losses = [float(row[measure]) for row in rows]
    seconds = np.median([row["seconds"] for row in rows[_WARM_UP:] or rows])
    return Figures(
        steps=rows[-1]["step"],
        tokens=rows[-1]["tokens"],
        measure=measure,
        losses=tuple(losses),
        final_loss=float(np.mean(losses[-max(1, len(losses) // 10) :])),
        samples_per_second=cell.experiment.data_loader.global_batch_size / float(seconds),
        encoder_parameters=_parameters(checkpoint / "model.safetensors"),
        incomparable=incomparable(cell.changes),
    )


def incomparable(changes: tuple[Change, ...]) -> tuple[str, ...]:
    """Those of the changed settings after which a loss means something else."""
    return tuple(
        path for path, _, _ in changes if not any(f"{path}.".startswith(f"{same}.") for same in _SAME_OBJECTIVE)
    )


def _parameters(path: Path) -> int:
    """Numbers in the encoder's tensors, from the file's header alone."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header: dict[str, Any] = json.loads(file.read(size))
    return sum(int(np.prod(entry["shape"])) for name, entry in header.items() if name.startswith("encoder."))
