"""Masking policy `modality_cross_random`: random tokens, then some band sets are not encoded and others not decoded."""

import numpy as np
from attrs import frozen

from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.cross import CrossSettings
from spacenit_train.masking.primitives import random_tokens


@frozen(kw_only=True)
class ModalityCrossRandomMasking(CrossSettings, MaskingConfig):
    """The policy of OlmoEarth v1: `random`, and upon it a choice of band sets (`CrossSettings`)."""

    def build(self) -> "ModalityCrossRandomMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: random tokens of a sample's own band sets."""
        out = random_tokens(layout, missing, draws, encode_ratio=self.encode_ratio, decode_ratio=self.decode_ratio)
        return self.across(out, layout, draws)
