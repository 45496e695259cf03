"""Masking policy `spectral`: whole band groups."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_train.masking.primitives import by_band_set, check_ratios, choose, of_sensors


@frozen(kw_only=True)
class SpectralMasking(MaskingConfig):
    """Encode and decode whole band groups of the sensors that a sample has, at all places and time steps.

    Of n band groups a share is encoded (rounded down, at least one) and a share decoded (at least one, where there is
    another); the rest is left to the target.
    """

    encode_ratio: float = setting("share of the band groups that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of the band groups that is decoded", 0.5, validator=between(0, 1))
    only_decode_modalities: tuple[str, ...] = setting(
        "sensors that are decoded whole and never encoded", (), names="sensors"
    )

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)

    def never_encoded(self) -> frozenset[str]:
        """Those of `only_decode_modalities`."""
        return frozenset(self.only_decode_modalities)

    def build(self) -> "SpectralMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: all tokens of a band group alike."""
        only_decode = of_sensors(layout, self.only_decode_modalities)
        present = by_band_set(layout, ~missing) & ~only_decode
        count = present.sum(axis=1)
        encoded_count = np.clip((count * self.encode_ratio).astype(np.int64), 1, np.maximum(count - 1, 1))
        decoded_count = np.minimum(np.maximum((count * self.decode_ratio).astype(np.int64), 1), count - encoded_count)
        keys = draws.uniform(present.shape[1])
        encoded = choose(present, encoded_count, keys)
        chosen = choose(present, encoded_count + decoded_count, keys)
        by_group = np.select([encoded, chosen | only_decode], [ENCODE, DECODE], TARGET_ONLY).astype(np.uint8)
        return np.where(missing, np.uint8(MISSING), by_group[:, layout.band_set])
