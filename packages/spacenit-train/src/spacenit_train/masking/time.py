"""Masking policy `time`: whole time steps, the same in every sensor with time."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.primitives import check_ratios
from spacenit_train.masking.structured import VALID_STEPS_HELP, ValidSteps, time_tokens


@frozen(kw_only=True)
class TimeMasking(OnlyDecodedSettings, MaskingConfig):
    """Encode and decode whole time steps (`time_tokens`); sensors without time are masked at random.

    The reference fails where a sensor has time and no grid; here such a sensor is masked like the others.
    """

    encode_ratio: float = setting("share of the valid time steps that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of the valid time steps that is decoded", 0.5, validator=between(0, 1))
    valid_steps: ValidSteps = setting(VALID_STEPS_HELP, "batch")

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)

    def build(self) -> "TimeMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: all tokens of a time step alike."""
        out = time_tokens(
            layout,
            missing,
            draws,
            encode_ratio=self.encode_ratio,
            decode_ratio=self.decode_ratio,
            valid_steps=self.valid_steps,
        )
        return self.hold_back(out, layout)
