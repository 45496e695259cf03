"""Loss `cross_entropy`: targets are classes."""

from torch import Tensor, nn

from spacenit_core.kinds.losses import TokenPairs


class CrossEntropy:
    """The mean cross entropy over all predicted tokens; their D values are the logits of D classes.

    A target holds the probability of each class, or, where it has one value, the class's number. The loss is 0 where
    nothing is predicted (the reference gives NaN).
    """

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted)."""
        predicted = pairs.predicted.float()
        if not len(predicted):
            return predicted.sum()
        numbers = pairs.target.shape[1] == 1 and predicted.shape[1] > 1
        target = pairs.target[:, 0].long() if numbers else pairs.target.float()
        return nn.functional.cross_entropy(predicted, target)
