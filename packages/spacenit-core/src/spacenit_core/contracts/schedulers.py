"""What a schedule returns: see `spacenit_core.kinds.schedulers.SchedulerConfig`."""

import math
from functools import cache
from numbers import Real
from typing import Any

from spacenit_core.contracts.owner import owner_of, shown_type
from spacenit_core.kinds.schedulers import SchedulerConfig


@cache
def _check_call(cls: Any) -> None:
    owner_of(cls).takes(cls.lr, "config, peak, step, max_steps")


def learning_rate(config: SchedulerConfig, peak: float, step: int, max_steps: int) -> float:
    """The learning rate of an update, counted from 1, from a schedule that is held to its contract.

    Raises:
        PluginError: for something else than a finite number from 0 upwards.
    """
    _check_call(type(config))
    lr = config.lr(peak, step, max_steps)
    if not isinstance(lr, Real) or isinstance(lr, bool) or not math.isfinite(lr) or lr < 0:
        found = f"{lr!r}" if isinstance(lr, Real) else shown_type(lr)
        owner_of(config).breaks("a schedule returns a learning rate, a number from 0 upwards", f"returned {found}")
    return float(lr)
