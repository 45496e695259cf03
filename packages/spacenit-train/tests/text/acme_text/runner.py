"""Runner `next_byte`: predict each byte from those before it."""

from typing import TYPE_CHECKING

from attrs import frozen

from acme_text.model import LettersConfig
from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.optimizers import OptimizerConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.kinds.schedulers import SchedulerConfig
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup

if TYPE_CHECKING:
    from torch import nn


def _adamw() -> AdamWConfig:
    return AdamWConfig(lr=0.01)


def _short() -> CosineWithWarmup:
    return CosineWithWarmup(warmup_steps=2)


@frozen(kw_only=True)
class NextByteConfig(RunnerConfig):
    """Settings of runner `next_byte`."""

    optim: OptimizerConfig = setting("the optimizer", factory=_adamw)
    scheduler: SchedulerConfig = setting("the learning rate's course", factory=_short)
    rank_microbatch_size: int = setting("texts of one pass", 2, validator=at_least(1))
    max_grad_norm: float | None = setting("gradients are scaled down to this norm", 1.0)

    def incompatibilities(self, model: ModelConfig) -> list[UserError]:
        """Another model than one of bytes."""
        return [] if isinstance(model, LettersConfig) else [UserError("the runner next_byte trains models of bytes")]

    def build(self, model: "nn.Module") -> "nn.Module":
        """Make the runner around a model of bytes."""
        from acme_text.next_byte import NextByte

        return NextByte(model)
