"""What the runner `task_loss` computes."""

from typing import cast

from torch import nn

from spacenit_core.kinds.runners import StepLoss
from spacenit_evals.protocols.probe.losses import loss_of
from spacenit_finetune.batch import LabelledSamples
from spacenit_finetune.model import FineTuned
from spacenit_finetune.runner_config import TaskLossConfig
from spacenit_finetune.schedule import FrozenThenPlateau


class TaskLoss(nn.Module):
    """From labelled samples to the loss of their task.

    Args:
        config: the settings.
        model: what is trained.
    """

    def __init__(self, config: TaskLossConfig, model: nn.Module) -> None:
        super().__init__()
        self.model = cast(FineTuned, model)
        self._config, self._schedule = config, cast(FrozenThenPlateau, config.scheduler)

    def on_step_start(self, step: int, max_steps: int) -> None:
        """Freeze the encoder, or thaw it."""
        self.model.freeze(self._schedule.is_frozen(step))

    def forward(self, batch: LabelledSamples) -> StepLoss:
        outputs = self.model(batch.samples).float()
        (loss,) = loss_of(self._config.task, outputs[None], batch.labels, dice=self._config.dice)
        return StepLoss(loss=loss, metrics={"task_loss": loss.detach()})
