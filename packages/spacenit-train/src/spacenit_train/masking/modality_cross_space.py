"""Masking policy `modality_cross_space`: whole patches, then some band sets are not encoded and others not decoded."""

import numpy as np
from attrs import frozen

from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.cross import CrossSettings
from spacenit_train.masking.cross_structured import across_space


@frozen(kw_only=True)
class ModalityCrossSpaceMasking(CrossSettings, MaskingConfig):
    """`space`, and upon it a choice of band sets (`CrossSettings`).

    Sensors without a grid are encoded or decoded whole, where they are chosen for it.
    """

    def build(self) -> "ModalityCrossSpaceMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: whole patches of a sample's own band sets."""
        return across_space(self, layout, missing, draws)
