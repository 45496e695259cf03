"""Strategy `single`: one process has the whole model and the whole batch."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.loaders import TrainingBatch
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.kinds.strategies import RanksOfModel, Strategy, StrategyConfig

if TYPE_CHECKING:
    import torch
    from torch import nn


class Single(Strategy):
    """A runner as it is.

    Args:
        runner: from a micro-batch to its loss.
    """

    def __init__(self, runner: "nn.Module") -> None:
        self._runner = runner

    def share_weights(self) -> None:
        """Nothing: there is no other rank."""

    def forward(self, batch: TrainingBatch) -> StepLoss:
        """What the runner makes of a micro-batch."""
        result: StepLoss = self._runner(batch)
        return result

    def accumulating(self) -> AbstractContextManager[object]:
        """Nothing: gradients always stay here."""
        return nullcontext()

    def backward(self, loss: "torch.Tensor") -> None:
        """Add the gradients of a loss, a scalar, to those of the parameters."""
        loss.backward()

    def total_norm(self, gradients: "Sequence[torch.Tensor]") -> "torch.Tensor":
        """The norm of all gradients, a scalar on their device."""
        from torch.nn.utils import get_total_norm

        return get_total_norm(gradients)


@frozen(kw_only=True)
class SingleConfig(StrategyConfig):
    """One process alone; what a run of one process has where `trainer.strategy` is unset."""

    def incompatibilities(self, ranks: int) -> list[UserError]:
        """Several processes would each train a model of their own, on a part of the batch."""
        if ranks == 1:
            return []
        return [
            UserError(
                f"the strategy single trains in one process, and there are {ranks}",
                "leave --trainer.strategy unset, or give --trainer.strategy=ddp",
            )
        ]

    def build(self, runner: "nn.Module", ranks: RanksOfModel) -> Single:
        """The strategy for a runner.

        Raises:
            UserError: where there are other ranks.
        """
        for problem in self.incompatibilities(ranks.size):
            raise problem
        return Single(runner)
