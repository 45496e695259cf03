"""One update: micro-batches, gradients of all ranks, the check, clipping, the optimizer."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from attrs import define, field, frozen
from torch import nn
from torch.optim import Optimizer

from spacenit_core.contracts.optimizers import first_step
from spacenit_core.contracts.owner import Owner
from spacenit_core.errors import SpaceNitError
from spacenit_core.kinds.loaders import TrainingBatch
from spacenit_core.kinds.strategies import Strategy
from spacenit_core.rng import torch_seed
from spacenit_train.distributed.world import World


class NonFiniteError(SpaceNitError):
    """The loss or the gradient of a step is not a number."""


@frozen(kw_only=True)
class StepNumbers:
    """What an update measured, still on the device.

    Attributes:
        step: the update, counted from 1.
        names: of the numbers.
        values: float32 ``[len(names)]``, means over the global batch.
    """

    step: int
    names: tuple[str, ...]
    values: torch.Tensor


def read_numbers(updates: Sequence[StepNumbers], *, consequence: str) -> Iterator[dict[str, float]]:
    """Bring the numbers of some updates from the device, waiting for it once, and check them one by one.

    Args:
        updates: in the order of their steps.
        consequence: what it means for the weights that a number is not finite.

    Raises:
        NonFiniteError: for the first update whose loss or gradient is not finite.
    """
    if not updates:
        return
    values = torch.cat([update.values for update in updates]).cpu().split([len(update.names) for update in updates])
    for update, row in zip(updates, values, strict=True):
        numbers = dict(zip(update.names, row.tolist(), strict=True))
        if not all(map(math.isfinite, (numbers["loss"], numbers["grad_norm"]))):
            listed = ", ".join(f"{name} {value:g}" for name, value in numbers.items())
            raise NonFiniteError(
                f"step {update.step} is not finite ({listed}); {consequence}",
                "lower --train_module.optim.lr, or look for extreme values with `spacenit-run data validate`",
            )
        yield numbers


@define(kw_only=True)
class Update:
    """Does updates of one model.

    Attributes:
        strategy: how the ranks share the model; makes losses and gradients.
        optimizer: of the model's parameters.
        owner: whose optimizer it is.
        world: the ranks.
        seed: of the draws in the model (drop path ...).
        microbatch_size: samples of a forward pass.
        max_grad_norm: gradients are scaled down to this norm; None: as they are.
        bfloat16: whether matrix products are computed in bfloat16.
        check: whether to read the numbers before the optimizer's step, which waits for the device; else whoever reads
            them later finds out.
        explain: turns an error of the forward or backward pass into the one to raise.
    """

    strategy: Strategy
    optimizer: Optimizer
    owner: Owner
    world: World
    seed: int
    microbatch_size: int
    max_grad_norm: float | None = None
    bfloat16: bool = False
    check: bool = True
    explain: Callable[[Exception], Exception] = lambda error: error
    _parameters: list[nn.Parameter] = field(init=False)
    _is_known: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def __call__(self, batch: TrainingBatch, step: int, lr: float) -> StepNumbers:
        """Update the model from this rank's part of a global batch.

        Args:
            batch: the rank's samples, on any device.
            step: the update, counted from 0.
            lr: the learning rate.

        Returns:
            Means over the global batch: "loss", the runner's metrics, and "grad_norm" before clipping.

        Raises:
            NonFiniteError: on all ranks, before the optimizer's step, where numbers are checked.
            Exception: what the runner raises, see `World.sum_and_check` for the other ranks.
        """
        metrics = self._gradients(batch, step)
        numbers = self._clipped(metrics, step + 1)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        if self._is_known:
            self.optimizer.step()
        else:
            first_step(self.optimizer, self.owner)
            self._is_known = True
        self.optimizer.zero_grad(set_to_none=True)
        return numbers

    def _gradients(self, batch: TrainingBatch, step: int) -> dict[str, torch.Tensor]:
        """Leave the gradients of the global batch in the parameters; the metrics of this rank's samples."""
        metrics: list[dict[str, torch.Tensor]] = []
        loss, failure = None, None
        try:
            parts = list(batch.to(self.world.device).micro_batches(self.microbatch_size))
            first = self.world.rank * len(parts)
            with self.strategy.accumulating():
                for number, part in enumerate(parts[:-1]):
                    self.strategy.backward(self._loss(part, step, first + number, metrics) / len(parts))
            loss = self._loss(parts[-1], step, first + len(parts) - 1, metrics) / len(parts)
        except Exception as error:
            failure = self.explain(error)
        # Where a rank has failed, the others must not wait for its gradients.
        self.world.sum_and_check(failure=failure)
        assert loss is not None
        try:
            self.strategy.backward(loss)
        except Exception as error:
            failure = self.explain(error)
        self.world.sum_and_check(failure=failure)
        return _mean(metrics)

    def _loss(
        self, part: TrainingBatch, step: int, number: int, metrics: list[dict[str, torch.Tensor]]
    ) -> torch.Tensor:
        """The loss of a micro-batch, the `number`-th of the global batch; what it measures is appended to `metrics`."""
        torch.manual_seed(torch_seed(self.seed, "micro-batch", step, number))
        with self._autocast():
            result = self.strategy.forward(part)
        metrics.append({"loss": result.loss.detach(), **result.metrics})
        return result.loss

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.world.device.type, torch.bfloat16, enabled=self.bfloat16)

    def _clipped(self, metrics: dict[str, torch.Tensor], step: int) -> StepNumbers:
        """Clip the gradients; the step's numbers."""
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        norm = self.strategy.total_norm(gradients)
        values = torch.stack(list(metrics.values()))
        self.world.average(values)
        values = torch.cat([values, norm.to(values).reshape(1)])
        numbers = StepNumbers(step=step, names=(*metrics, "grad_norm"), values=values)
        if self.check:
            self._refuse_what_is_not_finite(numbers)
        if self.max_grad_norm is not None:
            torch.nn.utils.clip_grads_with_norm_(self._parameters, self.max_grad_norm, norm)
        return numbers

    def _refuse_what_is_not_finite(self, numbers: StepNumbers) -> None:
        # Mean loss and mean gradient have the same bits on every rank, so all ranks decide alike.
        try:
            list(read_numbers([numbers], consequence="no weight was changed"))
        except NonFiniteError:
            self.optimizer.zero_grad(set_to_none=True)
            raise


def _mean(metrics: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of each metric over micro-batches; one that some do not have counts as 0 there."""
    total: dict[str, torch.Tensor] = {}
    for part in metrics:
        for name, value in part.items():
            share = value.float() / len(metrics)
            total[name] = total[name] + share if name in total else share
    return total
