"""Settings of strategy `ddp`."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.kinds.strategies import RanksOfModel, Strategy, StrategyConfig
from spacenit_train.distributed.strategies.single import Single

if TYPE_CHECKING:
    from torch import nn


@frozen(kw_only=True)
class DDPConfig(StrategyConfig):
    """Each process has the whole model and a part of the batch; gradients travel during the backward pass."""

    def build(self, runner: "nn.Module", ranks: RanksOfModel) -> Strategy:
        """The strategy for a runner; one process alone has nothing to exchange."""
        from spacenit_train.distributed.strategies.ddp.strategy import DDP

        return Single(runner) if ranks.size == 1 else DDP(runner, ranks)
