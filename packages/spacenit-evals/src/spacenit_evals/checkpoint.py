"""Models to evaluate: runs, loaded from their folder alone, and released models."""

from pathlib import Path
from typing import cast

import torch
from attrs import asdict, frozen

from spacenit_core.checkpoint import check_run
from spacenit_core.errors import UserError
from spacenit_core.nn.base_encoder import BaseEncoder
from spacenit_core.pretrained.load import load_model
from spacenit_core.pretrained.run import RunModel


@frozen(kw_only=True, eq=False)
class TrainedRun(RunModel):
    """The model of a checkpoint in evaluation mode, and what its experiment says of it."""

    @property
    def encoder(self) -> BaseEncoder:
        """The part of the model that is evaluated."""
        return cast(BaseEncoder, getattr(self.model, "encoder", self.model))

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self.experiment.get("run_name") or self.path.parent.name)

    @property
    def filled(self) -> bool:
        """Whether the run's own encoder attends to zeros that fill a batch (`mask_missing=false`); here it does not."""
        model = self.experiment.get("model") or {}
        return (model.get("encoder") or {}).get("mask_missing") is False


def load_run(folder: Path | str, device: torch.device | str = "cpu") -> TrainedRun:
    """Load the newest whole checkpoint of a run.

    An encoder that was set to `mask_missing=false` is built without it: its tokens would depend on the other windows of
    the batch.

    Args:
        folder: the run's folder, or one of its checkpoints (``step<N>``).
        device: where the model goes.

    Raises:
        UserError: if there is no run, no checkpoint or no such device, or a plugin that the model needs is missing.
        DataError: if the named checkpoint is damaged.
    """
    path = Path(folder).expanduser()
    check_run(path)
    return load_evaluated(path, device)


def load_evaluated(source: Path | str, device: torch.device | str = "cpu") -> TrainedRun:
    """Load a model to evaluate, from wherever `spacenit_core.load_model` takes one.

    Args:
        source: a run or one of its checkpoints, a released model's folder or hub id, or an exported encoder.
        device: where the model goes.

    Raises:
        UserError: if there is no model or no such device, or a plugin that the model needs is missing.
        DataError: if a file is damaged.
    """
    chosen = usable_device(device)
    loaded = load_model(source)
    loaded.model.to(chosen).eval().requires_grad_(False)
    if loaded.run is not None:
        return TrainedRun(**asdict(loaded.run, recurse=False))
    return TrainedRun(
        path=Path(source).expanduser(),
        step=None,
        model=loaded.model,
        sensors=loaded.sensors,
        encoded_sensors=loaded.sensors,
        config=loaded.config,
        experiment={"run_name": Path(source).expanduser().resolve().name},
    )


def usable_device(name: torch.device | str) -> torch.device:
    """A device that something can be computed on.

    Raises:
        UserError: where there is no such device here.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"the device {str(name)!r} cannot be used: {reason}", "choose cpu, or cuda on a GPU") from error
    return device
