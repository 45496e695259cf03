"""Loss `l1`: absolute differences."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class L1Config(LossConfig):
    """The mean absolute difference between predicted and target tokens."""

    metric: ClassVar[str] = "L1"

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """The mean over all values of all predicted tokens, a float32 scalar (0 where nothing is predicted)."""
        from torch.nn.functional import l1_loss

        predicted = pairs.predicted.float()
        return l1_loss(predicted, pairs.target.float()) if len(predicted) else predicted.sum()
