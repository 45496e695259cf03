"""Loss `adjusted_patch_discrimination`: negatives weighted by their similarity (ADNCE, arXiv:2310.11048)."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from spacenit_core.kinds.losses import TokenPairs
from spacenit_train.losses.config import AdjustedPatchDiscriminationConfig
from spacenit_train.losses.grid import Grid, by_sample, standardised


class AdjustedPatchDiscrimination:
    """`patch_discrimination` where each negative's score is multiplied by a weight, which has no gradient.

    The weight is the density of a Gaussian at the cosine similarity, divided by its mean over the token's negatives.
    Samples without predicted tokens do not count (the reference stops at the first of them).

    Args:
        config: temperature, mean and deviation of the Gaussian.
    """

    def __init__(self, config: AdjustedPatchDiscriminationConfig) -> None:
        self.config = config

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted)."""
        predicted, grid, tau = pairs.predicted.float(), by_sample(pairs), self.config.tau
        if not len(predicted):
            return predicted.sum()
        if self.config.pred2unit:
            predicted = standardised(predicted)
        predicted, target = normalize(predicted, dim=-1), normalize(pairs.target.float(), dim=-1)
        cosine = grid.products(predicted, target)
        return 2 * tau * grid.mean(grid.negative_log_softmax(cosine * self._weights(cosine, grid) / tau))

    @torch.no_grad()
    def _weights(self, cosine: Tensor, grid: Grid) -> Tensor:
        """The weight of each score, ``[B, L, L]``: 1 for a token's own target."""
        own = torch.eye(grid.longest, dtype=torch.bool, device=cosine.device)
        beside = own | ~grid.inside[:, None]
        density = (-((cosine - self.config.mu) ** 2) / (2 * self.config.sigma**2)).masked_fill(beside, -torch.inf)
        # Divided by their mean over the negatives: in this form it holds where all densities underflow.
        weights = density.softmax(2) * (grid.counts - 1)[:, None, None]
        return weights.masked_fill(beside, 1.0)
