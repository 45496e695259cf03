"""Masking policy `random_with_decode`: band sets are encoded or decoded, random tokens of each."""

import numpy as np
from attrs import frozen

from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.roles import RoleSettings


@frozen(kw_only=True)
class RandomWithDecodeMasking(RoleSettings, MaskingConfig):
    """Each sample encodes some of its band sets and decodes the others; of each it takes random tokens.

    Every token of the sensors that are only decoded is decoded. A sample with one band set encodes and decodes tokens
    of it. As in the reference, the only token of a band set (`latlon`) is encoded, whatever its role.
    """

    def build(self) -> "RandomWithDecodeMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: random tokens of a sample's own band sets."""
        return self.at_random(layout, missing, draws)[0]
