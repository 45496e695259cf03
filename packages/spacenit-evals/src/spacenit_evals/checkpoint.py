"""Trained runs, loaded from their folder alone."""

from pathlib import Path
from typing import cast

import torch
from attrs import asdict, frozen

from spacenit_core.errors import UserError
from spacenit_core.nn.base_encoder import BaseEncoder
from spacenit_core.pretrained.load import with_mask
from spacenit_core.pretrained.run import RunModel, read_run


@frozen(kw_only=True, eq=False)
class TrainedRun(RunModel):
    """The model of a checkpoint in evaluation mode, and what its experiment says of it."""

    @property
    def encoder(self) -> BaseEncoder:
        """The part of the model that is evaluated."""
        return cast(BaseEncoder, self.model.encoder)

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
    place = _device(device)
    run = read_run(Path(folder).expanduser(), lambda config: with_mask(config, True))
    run.model.to(place).eval().requires_grad_(False)
    return TrainedRun(**asdict(run, recurse=False))


def _device(name: torch.device | str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"the device {str(name)!r} cannot be used: {reason}", "choose cpu, or cuda on a GPU") from error
    return device
