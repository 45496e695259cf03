"""Masking policy `random_with_decode`: band sets are encoded or decoded, random tokens of each."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.primitives import check_encoded
from spacenit_train.masking.roles import draw_roles, fill_roles


@frozen(kw_only=True)
class RandomWithDecodeMasking(MaskingConfig):
    """Each sample encodes some of its band sets and decodes the others; of each it takes random tokens.

    Every token of the sensors that are only decoded is decoded. A sample with one band set encodes and decodes tokens
    of it. As in the reference, the only token of a band set (`latlon`) is encoded, whatever its role.
    """

    encode_ratio: float = setting(
        "share of the band sets that is encoded, and of their tokens", 0.5, validator=between(0, 1)
    )
    decode_ratio: float = setting(
        "share of the tokens of the other band sets that is decoded", 0.5, validator=between(0, 1)
    )
    only_decode_modalities: tuple[str, ...] = setting("sensors that are decoded whole and never encoded", ())

    def __attrs_post_init__(self) -> None:
        check_encoded(self.encode_ratio)

    def build(self) -> "RandomWithDecodeMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """See `spacenit_core.kinds.masking.MaskingPolicy`."""
        roles = draw_roles(
            layout,
            missing,
            draws,
            encode_ratio=self.encode_ratio,
            only_decode_modalities=self.only_decode_modalities,
        )
        return fill_roles(layout, missing, draws, roles, encode_ratio=self.encode_ratio, decode_ratio=self.decode_ratio)
