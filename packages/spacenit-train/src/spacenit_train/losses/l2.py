"""Loss `l2`: squared differences."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class L2Config(LossConfig):
    """The mean squared difference between predicted and target tokens."""

    metric: ClassVar[str] = "L2"

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """The mean over all values of all predicted tokens, a float32 scalar (0 where nothing is predicted)."""
        from torch.nn.functional import mse_loss

        predicted = pairs.predicted.float()
        return mse_loss(predicted, pairs.target.float()) if len(predicted) else predicted.sum()
