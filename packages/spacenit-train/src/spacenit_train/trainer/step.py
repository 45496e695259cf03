"""One update: micro-batches, gradients of all ranks, the check, clipping, the optimizer."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from attrs import define, field
from torch import nn
from torch.optim import Optimizer

from spacenit_core.errors import SpaceNitError
from spacenit_core.rng import torch_seed
from spacenit_core.samples.batch import Batch
from spacenit_train.distributed.gradients import average_gradients
from spacenit_train.distributed.world import World


class NonFiniteError(SpaceNitError):
    """The loss or the gradient of a step is not a number. No weight was changed by it."""


@define(kw_only=True)
class Update:
    """Does updates of one model.

    Attributes:
        runner: from a micro-batch to its loss.
        optimizer: of the model's parameters.
        world: the ranks.
        seed: of the draws in the model (drop path ...).
        microbatch_size: samples of a forward pass.
        max_grad_norm: gradients are scaled down to this norm; None: as they are.
        bfloat16: whether matrix products are computed in bfloat16.
        explain: turns an error of the forward or backward pass into the one to raise.
    """

    runner: nn.Module
    optimizer: Optimizer
    world: World
    seed: int
    microbatch_size: int
    max_grad_norm: float | None = None
    bfloat16: bool = False
    explain: Callable[[Exception], Exception] = lambda error: error
    _parameters: list[nn.Parameter] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def __call__(self, batch: Batch, step: int, lr: float) -> dict[str, float]:
        """Update the model from this rank's part of a global batch.

        Args:
            batch: the rank's samples, on any device.
            step: the update, counted from 0.
            lr: the learning rate.

        Returns:
            Means over the global batch: "loss", the runner's metrics, "grad_norm" before clipping, and "lr".

        Raises:
            NonFiniteError: on all ranks, before the optimizer's step.
            Exception: what the runner raises, see `World.agree` for the other ranks.
        """
        metrics, failure = None, None
        try:
            metrics = self._backward(batch.to(self.world.device), step)
        except Exception as error:
            failure = self.explain(error)
        used = self.world.agree([parameter.grad is not None for parameter in self._parameters], failure)
        assert metrics is not None
        average_gradients(self._parameters, used, self.world)
        numbers = self._finite(metrics, step)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {**numbers, "lr": lr}

    def _backward(self, batch: Batch, step: int) -> dict[str, torch.Tensor]:
        parts = list(batch.micro_batches(self.microbatch_size))
        total: dict[str, torch.Tensor] = {}
        for number, part in enumerate(parts):
            torch.manual_seed(torch_seed(self.seed, "micro-batch", step, self.world.rank * len(parts) + number))
            with self._autocast():
                result = self.runner(part)
            (result.loss / len(parts)).backward()
            for name, value in {"loss": result.loss.detach(), **result.metrics}.items():
                share = value.float() / len(parts)
                total[name] = total[name] + share if name in total else share
        return total

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.world.device.type, torch.bfloat16, enabled=self.bfloat16)

    def _finite(self, metrics: dict[str, torch.Tensor], step: int) -> dict[str, float]:
        """Read the step's numbers at once and clip: the one moment of a step in which the device is waited for."""
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        values = torch.stack(list(metrics.values()))
        self.world.average(values)
        numbers = dict(zip([*metrics, "grad_norm"], torch.cat([values, norm.float().reshape(1)]).tolist(), strict=True))
        # Mean loss and mean gradient have the same bits on every rank, so all ranks decide alike.
        if not all(map(_is_finite, (numbers["loss"], numbers["grad_norm"]))):
            self.optimizer.zero_grad(set_to_none=True)
            listed = ", ".join(f"{name} {value:g}" for name, value in numbers.items())
            raise NonFiniteError(
                f"step {step + 1} is not finite ({listed}); no weight was changed",
                "lower --train_module.optim.lr, or look for extreme values with `spacenit-run data validate`",
            )
        if self.max_grad_norm is not None:
            torch.nn.utils.clip_grads_with_norm_(self._parameters, self.max_grad_norm, norm)
        return numbers


def _is_finite(value: float) -> bool:
    return value - value == 0
