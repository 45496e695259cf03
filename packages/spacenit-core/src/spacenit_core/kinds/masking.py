"""Kind `masking`: which tokens are encoded, predicted or left to the target."""

from typing import Protocol

import numpy as np

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout


class MaskingPolicy(Protocol):
    """Index arithmetic on the tokens of a whole batch; no torch, no loop over samples, no state."""

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide what happens to every token.

        Args:
            layout: where the N tokens come from.
            missing: bool ``[B, N]``, tokens that are not there.
            draws: the random numbers of this batch, keyed by row.

        Returns:
            uint8 ``[B, N]`` with the values of `spacenit_core.samples.visibility`; missing tokens are MISSING.
        """
        ...


class MaskingConfig(EntryConfig):
    """Base of masking entries."""

    __slots__ = ()

    def build(self) -> MaskingPolicy:
        """What is called with each view of a batch."""
        raise NotImplementedError

    def never_encoded(self) -> frozenset[str]:
        """The sensors, by their installed names, that no mask of the policy ever shows to the encoder.

        A checkpoint records it: an evaluation feeds the encoder only what it was trained on.
        """
        return frozenset()


MASKING: Registry[type[MaskingConfig]] = Registry("masking", MaskingConfig)
