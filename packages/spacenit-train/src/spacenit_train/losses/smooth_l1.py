"""Loss `smooth_l1`: differences, squared where they are small (I-JEPA, arXiv:2301.08243)."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class SmoothL1Config(LossConfig):
    """The mean difference between predicted and target tokens, squared where it is small (I-JEPA, arXiv:2301.08243)."""

    metric: ClassVar[str] = "SmoothL1"

    beta: float = setting("difference from which on it is not squared", 1.0, validator=above(0))

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """The mean over all values of all predicted tokens, a float32 scalar (0 where nothing is predicted)."""
        from torch.nn.functional import smooth_l1_loss

        predicted = pairs.predicted.float()
        return smooth_l1_loss(predicted, pairs.target.float(), beta=self.beta) if len(predicted) else predicted.sum()
