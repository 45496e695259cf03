"""Kind `schedulers`: the learning rate as a pure function of the step, so that nothing needs to be saved."""

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry


class SchedulerConfig(EntryConfig):
    """Base of schedules."""

    __slots__ = ()

    def lr(self, peak: float, step: int, max_steps: int) -> float:
        """The learning rate of an update.

        Args:
            peak: the optimizer's learning rate.
            step: the update, counted from 1.
            max_steps: updates of the whole run.
        """
        raise NotImplementedError


SCHEDULERS: Registry[type[SchedulerConfig]] = Registry(
    "schedulers",
    SchedulerConfig,
    renamed={"cos_with_warmup": "cosine_with_warmup", "CosWithWarmup": "cosine_with_warmup"},
)
