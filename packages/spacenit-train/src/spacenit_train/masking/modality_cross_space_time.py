"""Masking policy `modality_cross_space_time`: `modality_cross_space` or `modality_cross_time`, by batch."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.cross import CrossSettings
from spacenit_train.masking.cross_structured import across_space, across_time
from spacenit_train.masking.structured import MIN_STEPS, VALID_STEPS_HELP, ValidSteps, valid_steps_of


@frozen(kw_only=True)
class ModalityCrossSpaceTimeMasking(CrossSettings, MaskingConfig):
    """One half of the batches is masked as `modality_cross_space` does, the other as `modality_cross_time`.

    Samples with fewer than three valid time steps are masked as `modality_cross_space` does. So is everything under
    this name in the reference, whose `modality_cross_time` masks whole patches.
    """

    valid_steps: ValidSteps = setting(VALID_STEPS_HELP, "batch")

    def build(self) -> "ModalityCrossSpaceTimeMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: whole patches or whole time steps, one draw for the batch."""
        in_space = draws.batch.random() < 0.5
        space = across_space(self, layout, missing, draws)
        if in_space:
            return space
        time = across_time(self, layout, missing, draws.part("time"), self.valid_steps)
        enough = valid_steps_of(layout, missing, self.valid_steps).sum(axis=1) >= MIN_STEPS
        return np.where(enough[:, None], time, space)
