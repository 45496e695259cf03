"""How far a run is and where it ends."""

import math

from attrs import frozen

from spacenit_train.trainer.config import Duration


@frozen(kw_only=True)
class Progress:
    """What has been trained on. All that a run needs to continue, besides the weights and the optimizer's state.

    Attributes:
        step: updates done.
        tokens: tokens of one view that were not missing, over all global batches.
    """

    step: int = 0
    tokens: int = 0

    def after(self, tokens: int) -> "Progress":
        """One update later."""
        return Progress(step=self.step + 1, tokens=self.tokens + tokens)


def is_complete(duration: Duration, progress: Progress, steps_per_epoch: int) -> bool:
    """Whether the run has reached its duration."""
    if duration.unit == "tokens":
        return progress.tokens >= duration.value
    return progress.step >= planned_steps(duration, progress, steps_per_epoch)


def planned_steps(duration: Duration, progress: Progress, steps_per_epoch: int) -> int:
    """The updates of the whole run, for the schedule and the time to go.

    A duration in tokens is extrapolated from the tokens per update so far. That depends on the progress alone, so a
    resumed run follows the schedule of one that was never interrupted.

    Args:
        duration: how long to train.
        progress: where the run is; for tokens at least one update must be counted.
        steps_per_epoch: updates in one pass over the data.
    """
    if duration.unit == "steps":
        return duration.value
    if duration.unit == "epochs":
        return duration.value * steps_per_epoch
    return max(progress.step, math.ceil(progress.step * duration.value / max(progress.tokens, 1)))
