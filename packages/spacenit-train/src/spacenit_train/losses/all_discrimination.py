"""Loss `all_discrimination`: negatives from all samples (arXiv:2502.09356)."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs
from spacenit_train.losses.settings import TAU

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class AllDiscriminationConfig(LossConfig):
    """Tell a token's target from those of all other predicted tokens of the micro-batch."""

    metric: ClassVar[str] = "AllDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions over the micro-batch first", False)

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """Cross entropy of cosine similarities, a float32 scalar (0 where nothing is predicted).

        The mean over a sample's tokens, then over all samples, those without any included; times 2 tau. It needs memory
        for M x M similarities.
        """
        from spacenit_train.losses.grid import by_sample, discriminated_from_all, standardised

        predicted = pairs.predicted.float()
        if not len(predicted):
            return predicted.sum()
        if self.pred2unit:
            predicted = standardised(predicted)
        return discriminated_from_all(predicted, pairs.target.float(), by_sample(pairs), self.tau)
