"""Masking policy `scheduled`: other policies, each for some of the steps."""

from itertools import pairwise

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.contracts.build import build
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.text import listed
from spacenit_train.masking.only_decoded import OnlyDecodedSettings


@frozen(kw_only=True)
class ScheduledMasking(OnlyDecodedSettings, MaskingConfig):
    """One policy after the other, by the global step.

    For `transition_steps` steps from its start, a policy takes the place of the one before it in ever more of the
    batches; which ones is drawn.
    """

    policies: dict[str, MaskingConfig] = setting("the policies by name, in their order")
    starts: tuple[int, ...] = setting("the step from which each policy acts; the first from 0")
    transition_steps: int = setting("steps over which a policy takes over (0: at once)", 0, validator=at_least(0))

    def __attrs_post_init__(self) -> None:
        if len(self.starts) != len(self.policies) or not self.starts:
            raise ValueError(f"starts: {len(self.starts)} steps for {len(self.policies)} policies; one for each")
        if self.starts[0] != 0 or any(later <= earlier for earlier, later in pairwise(self.starts)):
            raise ValueError(f"starts must begin with 0 and rise, not {list(self.starts)}")

    def inactive(self) -> dict[str, str]:
        """A single policy takes over from none."""
        return {"transition_steps": "starts=[0]"} if len(self.policies) == 1 else {}

    def never_reached(self, steps: int) -> dict[str, str]:
        """Policies that begin after the run's end."""
        late = [name for name, start in zip(self.policies, self.starts, strict=True) if start >= steps]
        return {"starts": f"{listed(late)} never {'acts' if len(late) == 1 else 'act'}"} if late else {}

    def never_encoded(self) -> frozenset[str]:
        """What none of the policies encodes, and what is held back from all of them."""
        inner = (policy.never_encoded() for policy in self.policies.values())
        return super().never_encoded() | frozenset.intersection(*inner)

    def build(self) -> "ScheduledMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: as the policy does whose turn this step is."""
        name = list(self.policies)[self.active(draws.step, draws.batch.random())]
        out = build(self.policies[name])(layout, missing, draws.part(name))
        return self.hold_back(out, layout)

    def active(self, step: int, uniform: float) -> int:
        """The index of the policy that acts in a step, given a uniform random number in [0, 1)."""
        latest = sum(start <= step for start in self.starts) - 1
        done = (step - self.starts[latest] + 1) / (self.transition_steps + 1)
        return latest if latest == 0 or uniform < done else latest - 1
