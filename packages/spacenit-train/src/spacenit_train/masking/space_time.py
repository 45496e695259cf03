"""Masking policy `space_time`: whole patches or whole time steps, by batch."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.primitives import check_ratios
from spacenit_train.masking.structured import (
    MIN_STEPS,
    VALID_STEPS_HELP,
    ValidSteps,
    space_tokens,
    time_tokens,
    valid_steps_of,
)


@frozen(kw_only=True)
class SpaceTimeMasking(OnlyDecodedSettings, MaskingConfig):
    """One half of the batches is masked as `space` does, the other as `time`.

    Samples with fewer than three valid time steps are masked as `space` does.
    """

    encode_ratio: float = setting("share of the patches or time steps that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of the patches or time steps that is decoded", 0.5, validator=between(0, 1))
    valid_steps: ValidSteps = setting(VALID_STEPS_HELP, "batch")

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)

    def build(self) -> "SpaceTimeMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: whole patches or whole time steps, one draw for the batch."""
        ratios = {"encode_ratio": self.encode_ratio, "decode_ratio": self.decode_ratio}
        in_space = draws.batch.random() < 0.5
        space = space_tokens(layout, missing, draws, **ratios)
        if in_space:
            return self.hold_back(space, layout)
        time = time_tokens(layout, missing, draws, **ratios, valid_steps=self.valid_steps)
        enough = valid_steps_of(layout, missing, self.valid_steps).sum(axis=1) >= MIN_STEPS
        return self.hold_back(np.where(enough[:, None], time, space), layout)
