"""Schedule `cosine_with_warmup`: up in a line, down in half a cosine (arXiv:1608.03983)."""

import math

from attrs import frozen

from spacenit_core.config.fields import at_least, between, setting
from spacenit_core.kinds.schedulers import SchedulerConfig


@frozen(kw_only=True)
class CosineWithWarmup(SchedulerConfig):
    """Linear from 0 to the peak over the warm-up, then a cosine to `alpha_f` times the peak at the last step."""

    warmup_steps: int = setting("updates until the learning rate is at its peak", 8000, validator=at_least(0))
    alpha_f: float = setting("learning rate at the end, as a share of the peak", 0.1, validator=between(0, 1))

    def lr(self, peak: float, step: int, max_steps: int) -> float:
        """The learning rate of update `step`: linear up to the peak, then half a cosine down to its share `alpha_f`."""
        if step < self.warmup_steps:
            return peak * step / self.warmup_steps
        if step >= max_steps:
            return peak * self.alpha_f
        progress = (step - self.warmup_steps) / (max_steps - self.warmup_steps)
        return peak * (self.alpha_f + (1 - self.alpha_f) * (1 + math.cos(math.pi * progress)) / 2)
