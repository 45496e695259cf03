"""Masking policy `composed`: several policies at once, or one after the other."""

from functools import reduce
from typing import Literal

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.contracts.build import build
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import ENCODE, MISSING
from spacenit_train.masking.only_decoded import OnlyDecodedSettings


@frozen(kw_only=True)
class ComposedMasking(OnlyDecodedSettings, MaskingConfig):
    """What is hidden from the encoder, composed of what other policies hide.

    `union`: hidden where any policy hides. `intersection`: hidden where all do. `cascade`: each policy masks what those
    before it have left to the encoder, and takes the rest for missing (a policy over time then wants
    ``valid_steps="any"``). Of the policies that hide a token, one that decodes it prevails over one that leaves it to
    the target in a union, and the other way round in an intersection.
    """

    policies: dict[str, MaskingConfig] = setting("the policies by name, in the order of a cascade")
    by: Literal["union", "intersection", "cascade"] = setting("how they are composed", "union")

    def __attrs_post_init__(self) -> None:
        if len(self.policies) < 2:
            raise ValueError("policies: name at least two, for example policies.space.type=space")

    def never_encoded(self) -> frozenset[str]:
        """What one policy never encodes (of an intersection: each of them), and what is held back from all."""
        join = frozenset.intersection if self.by == "intersection" else frozenset.union
        return super().never_encoded() | join(*(policy.never_encoded() for policy in self.policies.values()))

    def build(self) -> "ComposedMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: each policy's mask, joined by `by`."""
        out = self._cascade(layout, missing, draws) if self.by == "cascade" else self._joined(layout, missing, draws)
        return self.hold_back(out, layout)

    def _joined(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        # The values of visibility rise from encoded to missing, so the stricter of two is the greater.
        join = np.maximum if self.by == "union" else np.minimum
        return reduce(join, (build(part)(layout, missing, draws.part(name)) for name, part in self.policies.items()))

    def _cascade(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        out = np.where(missing, np.uint8(MISSING), np.uint8(ENCODE))
        for name, part in self.policies.items():
            left = out == ENCODE
            out = np.where(left, build(part)(layout, ~left, draws.part(name)), out)
        return out
