"""Masking policy `modality_cross_time`: whole time steps, then some band sets are not encoded, some not decoded."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.cross import CrossSettings
from spacenit_train.masking.cross_structured import across_time
from spacenit_train.masking.structured import VALID_STEPS_HELP, ValidSteps


@frozen(kw_only=True)
class ModalityCrossTimeMasking(CrossSettings, MaskingConfig):
    """`time`, and upon it a choice of band sets (`CrossSettings`).

    Sensors without time are encoded or decoded whole, where they are chosen for it. The reference masks whole patches
    under this name: `modality_cross_time_legacy`.
    """

    valid_steps: ValidSteps = setting(VALID_STEPS_HELP, "batch")

    def build(self) -> "ModalityCrossTimeMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: whole time steps of a sample's own band sets."""
        return across_time(self, layout, missing, draws, self.valid_steps)
