"""Loss `patch_discrimination`: which target belongs to which predicted token of a sample (arXiv:2407.15837)."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs
from spacenit_train.losses.settings import TAU, WEIGHT, Weighted

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class PatchDiscriminationConfig(Weighted, LossConfig):
    """Tell a token's target from those of the other predicted tokens of the same sample (arXiv:2407.15837)."""

    metric: ClassVar[str] = "PatchDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions over the micro-batch first", False)
    weight: float = setting(WEIGHT, 1.0, validator=at_least(0))

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """Cross entropy of cosine similarities among all tokens of a sample, whatever their sensors: a float32 scalar.

        The mean over a sample's tokens, then over the samples that have any; times 2 tau. Where no sample has any it is
        0 (the reference stops there).
        """
        from spacenit_train.losses.grid import by_sample, standardised, token_cross_entropy

        predicted, grid = pairs.predicted.float(), by_sample(pairs)
        if not len(predicted):
            return predicted.sum()
        if self.pred2unit:
            predicted = standardised(predicted)
        loss = grid.mean(token_cross_entropy(predicted, pairs.target.float(), grid, self.tau))
        return self.weight * 2 * self.tau * loss
