"""What runners have in common."""

from collections.abc import Callable

from torch import nn

from spacenit_core.models.targets import TargetedModel
from spacenit_core.samples.batch import Batch
from spacenit_train.runners.objective import ViewLosses
from spacenit_train.runners.recompute import by_view, recompute_blocks
from spacenit_train.runners.settings import FIXED, StepSettings, TargetSettings


class ViewsRunner(nn.Module):
    """Base of runners: it computes the views of a batch as its `memory` setting says.

    Args:
        config: the settings.
        model: the model; its parameters are the runner's.
    """

    def __init__(self, config: StepSettings, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.view_by_view = config.memory == "views"
        if config.memory == "checkpoint":
            recompute_blocks(model)

    def losses_of(self, views: Callable[[Batch], ViewLosses], batch: Batch) -> ViewLosses:
        """The losses of all views of a batch, from a function that computes those of a batch with any number."""
        return by_view(views, batch) if self.view_by_view else views(batch)


class TargetedRunner(ViewsRunner):
    """Base of runners whose models have a target encoder: it begins as configured and moves before each step.

    Args:
        config: the settings.
        model: the model; its parameters are the runner's.
    """

    def __init__(self, config: TargetSettings, model: TargetedModel) -> None:
        super().__init__(config, model)
        self._ema_decay, self._reinit = config.ema_decay, config.reinit_targets
        self.on_weights_loaded()

    def on_weights_loaded(self) -> None:
        """Draw the target's weights anew, from torch's generator, where it is to begin with weights of its own."""
        if self._reinit:
            assert isinstance(self.model, TargetedModel)
            self.model.reinit_target()

    def on_step_start(self, step: int, max_steps: int) -> None:
        """Move the target, so that it is what the step needs.

        Args:
            step: the update that is about to be made, counted from 1.
            max_steps: updates of the whole run.
        """
        if self._ema_decay != FIXED:
            assert isinstance(self.model, TargetedModel)
            self.model.update_target(decay_at(self._ema_decay, step, max_steps))


def decay_at(ends: tuple[float, float], step: int, max_steps: int) -> float:
    """The decay before an update counted from 1, on the straight line between the ends of the run."""
    start, end = ends
    return start + min(step, max_steps) * (end - start) / max_steps
