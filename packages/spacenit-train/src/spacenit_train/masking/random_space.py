"""Masking policy `random_space`: random tokens or whole patches, by batch."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.primitives import check_ratios, random_tokens
from spacenit_train.masking.structured import space_tokens


@frozen(kw_only=True)
class RandomSpaceMasking(OnlyDecodedSettings, MaskingConfig):
    """One half of the batches is masked as `space` does, the other as `random`."""

    encode_ratio: float = setting("share of the patches or tokens that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of the patches or tokens that is decoded", 0.5, validator=between(0, 1))

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)

    def build(self) -> "RandomSpaceMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: whole patches or random tokens, one draw for the batch."""
        tokens = space_tokens if draws.batch.random() < 0.5 else random_tokens
        out = tokens(layout, missing, draws, encode_ratio=self.encode_ratio, decode_ratio=self.decode_ratio)
        return self.hold_back(out, layout)
