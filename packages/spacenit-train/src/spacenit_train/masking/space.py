"""Masking policy `space`: whole patches, the same in every sensor and at every time step."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.primitives import check_ratios
from spacenit_train.masking.structured import space_tokens


@frozen(kw_only=True)
class SpaceMasking(OnlyDecodedSettings, MaskingConfig):
    """Encode and decode whole patches (`space_tokens`); sensors without a grid are masked at random."""

    encode_ratio: float = setting("share of the patches that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of the patches that is decoded", 0.5, validator=between(0, 1))

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)

    def build(self) -> "SpaceMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: all tokens of a patch alike."""
        out = space_tokens(layout, missing, draws, encode_ratio=self.encode_ratio, decode_ratio=self.decode_ratio)
        return self.hold_back(out, layout)
