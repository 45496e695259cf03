"""Masking policy `random_increasing`: as `random`, with shares that move over the steps."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import at_least, between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.masking.primitives import check_encoded, check_ratios, random_tokens


@frozen(kw_only=True)
class RandomIncreasingMasking(OnlyDecodedSettings, MaskingConfig):
    """Random tokens; the shares move in a straight line from their initial to their final values, then stay.

    They follow the global step, so that they do not depend on the number of loader workers or of views. In the
    reference they move with every batch that a worker has masked.
    """

    initial_encode_ratio: float = setting("share encoded at the start", 0.5, validator=between(0, 1))
    final_encode_ratio: float = setting("share encoded at the end", 0.1, validator=between(0, 1))
    initial_decode_ratio: float = setting("share decoded at the start", 0.5, validator=between(0, 1))
    final_decode_ratio: float = setting("share decoded at the end", 0.9, validator=between(0, 1))
    steps: int = setting("steps of training until the final shares are reached", 1000, validator=at_least(1))

    def __attrs_post_init__(self) -> None:
        check_encoded(self.initial_encode_ratio, "initial_encode_ratio")
        check_encoded(self.final_encode_ratio, "final_encode_ratio")
        check_ratios(self.initial_encode_ratio, self.initial_decode_ratio)
        check_ratios(self.final_encode_ratio, self.final_decode_ratio)

    def inactive(self) -> dict[str, str]:
        """A single step begins and ends with the final shares."""
        initial = ("initial_encode_ratio", "initial_decode_ratio")
        return dict.fromkeys(initial, "steps=1") if self.steps == 1 else {}

    def never_reached(self, steps: int) -> dict[str, str]:
        """The final shares."""
        share = f"its shares go {steps / self.steps:.0%} of the way to the final ones"
        return {"steps": share} if steps < self.steps else {}

    def build(self) -> "RandomIncreasingMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: random tokens, in the shares of this step."""
        done = min((draws.step + 1) / self.steps, 1.0)
        out = random_tokens(
            layout,
            missing,
            draws,
            encode_ratio=self.initial_encode_ratio + done * (self.final_encode_ratio - self.initial_encode_ratio),
            decode_ratio=self.initial_decode_ratio + done * (self.final_decode_ratio - self.initial_decode_ratio),
        )
        return self.hold_back(out, layout)
