"""Loss `patch_discrimination`: which target belongs to which predicted token of a sample (arXiv:2407.15837)."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from spacenit_core.kinds.losses import TokenPairs
from spacenit_train.losses.config import PatchDiscriminationConfig
from spacenit_train.losses.grid import Grid, by_sample, standardised


class PatchDiscrimination:
    """Cross entropy of cosine similarities among all tokens of one sample, whatever their sensors.

    The mean over a sample's tokens, then over the samples that have any; times 2 tau. Where no sample has any it is 0
    (the reference stops there).

    Args:
        config: temperature and weight.
    """

    def __init__(self, config: PatchDiscriminationConfig) -> None:
        self.config = config

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted)."""
        predicted, grid = pairs.predicted.float(), by_sample(pairs)
        if not len(predicted):
            return predicted.sum()
        if self.config.pred2unit:
            predicted = standardised(predicted)
        loss = grid.mean(token_cross_entropy(predicted, pairs.target.float(), grid, self.config.tau))
        return self.config.weight * 2 * self.config.tau * loss


def token_cross_entropy(
    predicted: Tensor, target: Tensor, grid: Grid, tau: float, hidden: Tensor | None = None
) -> Tensor:
    """Minus the logarithm of the probability of each token's own target among the targets of its sample, ``[m]``.

    Args:
        predicted: float32 ``[m, D]``.
        target: float32 ``[m, D]``.
        grid: where the tokens belong.
        tau: temperature of the cosine similarities.
        hidden: bool ``[B, L, L]``, targets that do not take part; never a token's own.
    """
    scores = grid.products(normalize(predicted, dim=-1) / tau, normalize(target, dim=-1))
    if hidden is not None:
        scores = scores.masked_fill_(hidden, -torch.inf)
    return grid.negative_log_softmax(scores)
