"""Kind `strategies`: how the processes of a run share one model: its gradients, and its weights where they are cut."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from spacenit_core.errors import SpaceNitError, UserError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.callbacks import Ranks
from spacenit_core.kinds.loaders import TrainingBatch
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import nn


class LostRankError(SpaceNitError):
    """Gradients could not be exchanged, because another rank left; that rank knows why."""


class RanksOfModel(Ranks, Protocol):
    """The processes that share a model. Where there are several, torch's default process group joins them."""

    @property
    def device(self) -> "torch.device":
        """Where this one computes."""
        ...


class Strategy(Protocol):
    """How ranks share a model. One update of the trainer is, on every rank:

    - inside of `accumulating()`: `forward` and `backward` of all micro-batches but the last;
    - `forward` of the last micro-batch;
    - all ranks agree that none has failed so far;
    - `backward` of the last micro-batch, after which every parameter's gradient is the mean over all ranks of what each
      has accumulated. A parameter that no rank used has none; one that some ranks did not use counts as zero there;
    - all ranks agree again, then `total_norm`, clipping, the optimizer.

    The same numbers of ranks and micro-batches give the same bits.
    """

    def share_weights(self) -> None:
        """Make all ranks begin with the weights and buffers of rank 0."""
        ...

    def forward(self, batch: TrainingBatch) -> StepLoss:
        """What the runner makes of a micro-batch."""
        ...

    def accumulating(self) -> AbstractContextManager[object]:
        """While gradients are added up on this rank alone."""
        ...

    def backward(self, loss: "torch.Tensor") -> None:
        """Add the gradients of a loss, a scalar, to those of the parameters; outside of `accumulating` exchange them.

        Where it fails on one rank, it has to end on the others as well.

        Raises:
            LostRankError: where it fails because another rank did.
            Exception: what the backward pass raises.
        """
        ...

    def total_norm(self, gradients: "Sequence[torch.Tensor]") -> "torch.Tensor":
        """The norm of all gradients of the model, a scalar with the same bits on every rank."""
        ...


class StrategyConfig(EntryConfig):
    """Base of strategy entries.

    The trainer builds the strategy after the runner and before the optimizer, so that it may replace the model's
    parameters by shards of them. All ranks build it at the same time.
    """

    __slots__ = ()

    def incompatibilities(self, ranks: int) -> list[UserError]:
        """What keeps so many processes from sharing a model in this way."""
        return []

    def build(self, runner: "nn.Module", ranks: RanksOfModel) -> Strategy:
        """Let ranks share the model of a runner, which is on its device.

        Args:
            runner: `forward(batch) -> StepLoss`.
            ranks: those that share it.
        """
        raise NotImplementedError


STRATEGIES: Registry[type[StrategyConfig]] = Registry("strategies", StrategyConfig)
