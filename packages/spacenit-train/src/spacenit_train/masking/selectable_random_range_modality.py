"""Masking policy `selectable_random_range_modality`: random tokens in drawn shares, and some sensors hidden."""

import numpy as np
from attrs import frozen

from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.primitives import choose
from spacenit_train.masking.ranges import RangeSettings
from spacenit_train.masking.selected import SelectedSettings


@frozen(kw_only=True)
class SelectableRandomRangeModalityMasking(SelectedSettings, RangeSettings, OnlyDecodedSettings, MaskingConfig):
    """As `random_range`; then a number of sensors, from none to `max_to_mask`, is drawn for each sample and hidden.

    A sensor of `decodable_modalities` is then only decoded, one of `fully_mask_modalities` is as if it were missing.
    """

    def __attrs_post_init__(self) -> None:
        RangeSettings.__attrs_post_init__(self)
        self.check_selected()

    def build(self) -> "SelectableRandomRangeModalityMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: random tokens, and the drawn sensors hidden, sample by sample."""
        out = self.in_range(layout, missing, draws)
        selectable = np.ones((len(out), len(self.selectable)), dtype=bool)
        counts = draws.integers(0, self.max_to_mask)
        chosen = choose(selectable, counts, draws.uniform(len(self.selectable)))
        return self.hold_back(self.hide(out, layout, chosen), layout)
