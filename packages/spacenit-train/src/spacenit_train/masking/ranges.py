"""Random tokens in shares that are drawn for each sample and sensor."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.primitives import check_encoded, random_tokens


@frozen(kw_only=True, slots=False)  # a policy may have two such bases
class RangeSettings:
    """What the policies with ranges have in common.

    Sensors with neither a grid nor time have one token per sample: of them the middle of the range is taken, over the
    samples of the global batch.
    """

    min_encode_ratio: float = setting("least share that is encoded", 0.1, validator=between(0, 1))
    max_encode_ratio: float = setting("greatest share that is encoded", 0.5, validator=between(0, 1))
    min_decode_ratio: float | None = setting(
        "least share that is decoded (none: all that is not encoded)", None, validator=between(0, 1)
    )
    max_decode_ratio: float | None = setting(
        "greatest share that is decoded (none: all that is not encoded)", None, validator=between(0, 1)
    )

    def __attrs_post_init__(self) -> None:
        check_encoded(self.max_encode_ratio, "max_encode_ratio")
        if (self.min_decode_ratio is None) != (self.max_decode_ratio is None):
            raise ValueError("min_decode_ratio and max_decode_ratio: set both or neither")
        if self.min_encode_ratio > self.max_encode_ratio or (self.min_decode_ratio or 0) > (self.max_decode_ratio or 0):
            raise ValueError("the least share must not exceed the greatest")
        if self.max_encode_ratio + (self.max_decode_ratio or 0) > 1:
            raise ValueError("max_encode_ratio and max_decode_ratio must not exceed 1 together")

    def in_range(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Mask random tokens (`random_tokens`), uint8 ``[B, N]``."""
        sensors = len(layout.blocks)
        encoded = _between(self.min_encode_ratio, self.max_encode_ratio, draws.uniform(sensors))
        middle = (self.min_encode_ratio + self.max_encode_ratio) / 2
        if self.min_decode_ratio is None or self.max_decode_ratio is None:
            decoded, decoded_middle = 1 - encoded, 1 - middle
        else:
            decoded = _between(self.min_decode_ratio, self.max_decode_ratio, draws.uniform(sensors))
            decoded_middle = (self.min_decode_ratio + self.max_decode_ratio) / 2
        return random_tokens(
            layout, missing, draws, encode_ratio=encoded, decode_ratio=decoded, pooled=(middle, decoded_middle)
        )


def _between(low: float, high: float, uniform: np.ndarray) -> np.ndarray:
    # In float32 a share may round up to the range's end and past it.
    return low + (high - low) * uniform.astype(np.float64)
