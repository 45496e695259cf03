"""Trained runs, loaded from their folder alone."""

from pathlib import Path
from typing import Any, cast

import torch
from attrs import asdict, frozen

from spacenit_core.errors import UserError
from spacenit_core.nn.base_encoder import BaseEncoder
from spacenit_core.pretrained.run import RunModel, read_run
from spacenit_core.sensors.selection import SensorSet


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
    def encoded_sensors(self) -> SensorSet:
        """The sensors that the encoder saw in training: all but those that were only predicted."""
        module = self.experiment.get("train_module", {})
        views = [_only_predicted(policy) for name, policy in module.items() if name.startswith("masking")]
        predicted = set.intersection(*views) if views else set()
        return SensorSet(tuple(spec for spec in self.sensors if spec.name not in predicted))


def _only_predicted(policy: Any) -> set[str]:
    """The sensors that a masking policy, or one that it is made of, names as decoded only."""
    if not isinstance(policy, dict):
        return set()
    lists = (policy.get(name) or () for name in ("only_decode_modalities", "decoded_modalities"))
    inner = (_only_predicted(part) for part in (policy.get("policies") or {}).values())
    return {sensor for names in lists for sensor in names}.union(*inner)


def load_run(folder: Path | str, device: torch.device | str = "cpu") -> TrainedRun:
    """Load the newest whole checkpoint of a run.

    Args:
        folder: the run's folder, or one of its checkpoints (``step<N>``).
        device: where the model goes.

    Raises:
        UserError: if there is no run, no checkpoint or no such device, or a plugin that the model needs is missing.
        DataError: if the named checkpoint is damaged.
    """
    place = _device(device)
    run = read_run(Path(folder).expanduser())
    run.model.to(place).eval().requires_grad_(False)
    return TrainedRun(**asdict(run, recurse=False))


def _device(name: torch.device | str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"the device {str(name)!r} cannot be used: {reason}", "choose cpu, or cuda on a GPU") from error
    return device
