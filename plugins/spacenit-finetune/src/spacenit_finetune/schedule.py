"""Schedule `frozen_then_plateau`: a step down when the encoder thaws, and where validation does not rise any more."""

from collections.abc import Sequence

from attrs import field, frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.schedulers import SchedulerConfig

_RISE = 1e-4


@frozen(kw_only=True)
class FrozenThenPlateau(SchedulerConfig):
    """A function of the step and of the values after the epochs before it, which the run's metrics keep."""

    steps_per_epoch: int = setting("updates in one pass over the samples", 1, validator=at_least(1))
    frozen_epochs: int = setting("epochs in which the encoder is frozen", 0, validator=at_least(0))
    unfrozen_factor: float = setting("what the rate is multiplied by afterwards", 0.1, validator=above(0))
    plateau_factor: float = setting("what it is multiplied by on a plateau", 0.2, validator=between(0, 1))
    patience: int = setting("epochs without a rise that are borne", 2, validator=at_least(0))
    cooldown: int = setting("epochs after a fall that do not count", 10, validator=at_least(0))
    values: list[float] = field(
        factory=list,
        init=False,
        eq=False,
        repr=False,
        metadata={"help": "no setting: what each epoch so far was worth on the validation samples"},
    )

    def is_frozen(self, step: int) -> bool:
        """Whether the encoder is frozen in an update, counted from 1."""
        return (step - 1) // self.steps_per_epoch < self.frozen_epochs

    def lr(self, peak: float, step: int, max_steps: int) -> float:
        """The learning rate of an update, counted from 1."""
        epochs = (step - 1) // self.steps_per_epoch
        falls = falls_of(self.values[:epochs], self.patience, self.cooldown)
        thawed = 1.0 if self.is_frozen(step) else self.unfrozen_factor
        return float(peak * thawed * self.plateau_factor**falls)


def falls_of(values: Sequence[float], patience: int, cooldown: int) -> int:
    """How often the rate has fallen after some epochs, as `torch.optim.lr_scheduler.ReduceLROnPlateau` counts.

    Args:
        values: of the epochs, the larger, the better.
        patience: epochs without a rise that are borne.
        cooldown: epochs after a fall that do not count.
    """
    best: float | None = None
    bad, resting, falls = 0, 0, 0
    for value in values:
        if best is None or value > best + abs(best) * _RISE:
            best, bad = value, 0
        else:
            bad += 1
        if resting:
            resting, bad = resting - 1, 0
        if bad > patience:
            falls, resting, bad = falls + 1, cooldown, 0
    return falls
