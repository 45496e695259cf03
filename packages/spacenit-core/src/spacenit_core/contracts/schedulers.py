"""What a schedule returns: see `spacenit_core.kinds.schedulers.SchedulerConfig`."""

import math
from numbers import Real

from spacenit_core.contracts.owner import owner_of, shown_type
from spacenit_core.kinds.schedulers import SchedulerConfig


def learning_rate(config: SchedulerConfig, peak: float, step: int, max_steps: int) -> float:
    """The learning rate of an update, counted from 1, from a schedule that is held to its contract.

    Raises:
        PluginError: for something else than a finite number from 0 upwards.
    """
    owner = owner_of(config)
    if step in (1, max_steps):
        owner.takes(config.lr, "peak, step, max_steps")
    lr = config.lr(peak, step, max_steps)
    if not isinstance(lr, Real) or isinstance(lr, bool) or not math.isfinite(lr) or lr < 0:
        found = f"{lr!r}" if isinstance(lr, Real) else shown_type(lr)
        owner.breaks("a schedule returns a learning rate, a number from 0 upwards", f"returned {found}")
    return float(lr)
