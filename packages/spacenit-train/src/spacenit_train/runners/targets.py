"""What runners do to target encoders."""

from torch import nn

from spacenit_core.models.targets import TargetedModel
from spacenit_train.runners.config import FIXED, TargetSettings


class TargetedRunner(nn.Module):
    """Base of runners whose models have a target encoder: it begins as configured and moves before each step.

    Args:
        config: decay and start of the target.
        model: the model; its parameters are the runner's.
    """

    def __init__(self, config: TargetSettings, model: TargetedModel) -> None:
        super().__init__()
        self._ema_decay = config.ema_decay
        self.model = model
        if config.reinit_targets:
            model.reinit_target()

    def on_step_start(self, step: int, max_steps: int) -> None:
        """Move the target, so that it is what the step needs.

        Args:
            step: the update that is about to be made, counted from 1.
            max_steps: updates of the whole run.
        """
        if self._ema_decay != FIXED:
            self.model.update_target(decay_at(self._ema_decay, step, max_steps))


def decay_at(ends: tuple[float, float], step: int, max_steps: int) -> float:
    """The decay before an update counted from 1, on the straight line between the ends of the run."""
    start, end = ends
    return start + min(step, max_steps) * (end - start) / max_steps
