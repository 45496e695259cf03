"""Loss `cosine_similarity`: directions of predicted tokens and their targets."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class CosineSimilarityConfig(LossConfig):
    """Minus the mean cosine between predicted and target tokens."""

    metric: ClassVar[str] = "CosineSim"

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """A float32 scalar from -1 (equal directions) to 1; 0 where nothing is predicted."""
        from torch.nn.functional import cosine_similarity

        predicted = pairs.predicted.float()
        if not len(predicted):
            return predicted.sum()
        return -cosine_similarity(predicted, pairs.target.float(), dim=-1).mean()
