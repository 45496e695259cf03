"""Masking policy `selectable_modality`: random tokens, and some sensors hidden in the whole batch."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.primitives import check_ratios, random_tokens
from spacenit_train.masking.selected import SelectedSettings


@frozen(kw_only=True)
class SelectableModalityMasking(SelectedSettings, OnlyDecodedSettings, MaskingConfig):
    """Random tokens; then a number of sensors, from none to `max_to_mask`, is drawn for the batch and hidden.

    A sensor of `decodable_modalities` is then only decoded, one of `fully_mask_modalities` is as if it were missing.
    """

    encode_ratio: float = setting("share of a sensor's tokens that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of a sensor's tokens that is decoded", 0.5, validator=between(0, 1))

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)
        self.check_selected()

    def build(self) -> "SelectableModalityMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: random tokens, and the drawn sensors hidden in the whole batch."""
        out = random_tokens(layout, missing, draws, encode_ratio=self.encode_ratio, decode_ratio=self.decode_ratio)
        rank = draws.batch.permutation(len(self.selectable))
        chosen = rank < draws.batch.integers(self.max_to_mask + 1)
        return self.hold_back(self.hide(out, layout, np.broadcast_to(chosen, (len(out), len(chosen)))), layout)
