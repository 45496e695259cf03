"""Loss `token_cosine`: one minus the cosine between each predicted token and its target."""

from typing import TYPE_CHECKING

import attrs

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs

if TYPE_CHECKING:
    import torch


@attrs.frozen(kw_only=True)
class TokenCosine(LossConfig):
    """Settings of loss `token_cosine`.

    It needs no negatives, as in BYOL (Grill et al. 2020, https://arxiv.org/abs/2006.07733) and SimSiam; here the frozen
    target keeps it from collapsing.
    """

    weight: float = setting("factor of the loss", 1.0, validator=above(0))

    def build(self) -> TokenLoss:
        """The loss is a method of its config: it has no state."""
        return self.distance

    def distance(self, pairs: TokenPairs) -> "torch.Tensor":
        """The mean of ``1 - cos`` over all predicted tokens, float32 from 0 to 2 * weight; 0 where there are none."""
        # Not at the top: the command line loads this module to check settings, and torch takes a second to import.
        from torch.nn.functional import cosine_similarity

        cosine = cosine_similarity(pairs.predicted.float(), pairs.target.float(), dim=-1)
        return self.weight * (1 - cosine).sum() / max(len(cosine), 1)
