"""Loss `cross_entropy`: targets are classes."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class CrossEntropyConfig(LossConfig):
    """Cross entropy between predicted tokens as logits and target tokens as classes."""

    metric: ClassVar[str] = "CrossEntropy"

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """The mean over all predicted tokens, a float32 scalar; their D values are the logits of D classes.

        A target holds the probability of each class, or, where it has one value, the class's number. The loss is 0
        where nothing is predicted (the reference gives NaN).
        """
        from torch.nn.functional import cross_entropy

        predicted = pairs.predicted.float()
        if not len(predicted):
            return predicted.sum()
        numbers = pairs.target.shape[1] == 1 and predicted.shape[1] > 1
        target = pairs.target[:, 0].long() if numbers else pairs.target.float()
        return cross_entropy(predicted, target)
