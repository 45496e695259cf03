"""Losses `l1`, `l2`, `smooth_l1` and `cosine_similarity`: how far predicted tokens are from their targets."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from spacenit_core.kinds.losses import TokenPairs


class TokenDistance:
    """The mean of a distance over all predicted tokens of the micro-batch.

    It is 0 where nothing is predicted (the reference gives NaN).

    Args:
        distance: from predicted and target tokens, float32 ``[M, D]`` each, to a scalar.
    """

    def __init__(self, distance: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.distance = distance

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted)."""
        predicted = pairs.predicted.float()
        return self.distance(predicted, pairs.target.float()) if len(predicted) else predicted.sum()


def negative_cosine(predicted: Tensor, target: Tensor) -> Tensor:
    """Minus the mean cosine, from -1 (equal directions) to 1."""
    return -functional.cosine_similarity(predicted, target, dim=-1).mean()
