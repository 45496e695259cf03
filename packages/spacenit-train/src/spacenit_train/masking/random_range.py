"""Masking policy `random_range`: as `random`, with shares drawn for each sample and sensor."""

import numpy as np
from attrs import frozen

from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.ranges import RangeSettings


@frozen(kw_only=True)
class RandomRangeMasking(OnlyDecodedSettings, RangeSettings, MaskingConfig):
    """Random tokens; the share of each sensor of each sample is drawn from a range (`RangeSettings`)."""

    def build(self) -> "RandomRangeMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: random tokens, in a share drawn for each sample and sensor."""
        return self.hold_back(self.in_range(layout, missing, draws), layout)
