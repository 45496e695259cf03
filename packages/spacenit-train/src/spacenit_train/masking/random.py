"""Masking policy `random`: every sensor's tokens, independently."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.primitives import check_ratios, random_tokens


@frozen(kw_only=True)
class RandomMasking(OnlyDecodedSettings, MaskingConfig):
    """Encode and decode random tokens of every sensor."""

    encode_ratio: float = setting("share of a sensor's tokens that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of a sensor's tokens that is decoded", 0.5, validator=between(0, 1))

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)

    def build(self) -> "RandomMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: shares of each sensor's tokens, wherever they are."""
        out = random_tokens(layout, missing, draws, encode_ratio=self.encode_ratio, decode_ratio=self.decode_ratio)
        return self.hold_back(out, layout)
