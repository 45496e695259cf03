"""Masking policy `modality_cross_time_legacy`: what the reference calls `modality_cross_time`."""

import numpy as np
from attrs import frozen

from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.cross import CrossSettings
from spacenit_train.masking.cross_structured import across_space


@frozen(kw_only=True)
class ModalityCrossTimeLegacyMasking(CrossSettings, MaskingConfig):
    """The masks that OlmoEarth Pretrain makes under the name `modality_cross_time`: those of `modality_cross_space`.

    It wraps the policy `space` there, and takes sensors without a grid for those without time.
    """

    def build(self) -> "ModalityCrossTimeLegacyMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: whole patches, whatever the name says."""
        return across_space(self, layout, missing, draws)
