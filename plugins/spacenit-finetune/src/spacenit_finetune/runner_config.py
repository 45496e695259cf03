"""Runner `task_loss`: the loss of a benchmark's task."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.optimizers import OptimizerConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.kinds.schedulers import SchedulerConfig
from spacenit_core.kinds.tasks import Task
from spacenit_finetune.model_config import FineTunedConfig
from spacenit_finetune.schedule import FrozenThenPlateau
from spacenit_train.optimizers.adamw import AdamWConfig

if TYPE_CHECKING:
    from torch import nn


@frozen(kw_only=True)
class TaskLossConfig(RunnerConfig):
    """Settings of runner `task_loss`."""

    optim: OptimizerConfig = setting("the optimizer", factory=AdamWConfig)
    scheduler: SchedulerConfig = setting("the learning rate's course", factory=FrozenThenPlateau)
    rank_microbatch_size: int = setting("samples of one pass", 16, validator=at_least(1))
    max_grad_norm: float | None = setting("gradients are scaled down to this norm", None, validator=above(0))
    task: Task = setting("the task", "classification")
    dice: bool = setting("whether the dice loss is added to the cross-entropy of maps", False)

    def incompatibilities(self, model: ModelConfig) -> list[UserError]:
        """Another model than one that is fine-tuned."""
        return (
            [] if isinstance(model, FineTunedConfig) else [UserError("the runner task_loss trains fine_tuned models")]
        )

    def build(self, model: "nn.Module") -> "nn.Module":
        """Make the runner around a model that is fine-tuned."""
        from spacenit_finetune.runner import TaskLoss

        return TaskLoss(self, model)
