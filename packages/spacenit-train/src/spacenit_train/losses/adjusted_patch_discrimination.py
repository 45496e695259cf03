"""Loss `adjusted_patch_discrimination`: negatives weighted by their similarity (ADNCE, arXiv:2310.11048)."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs
from spacenit_train.losses.settings import TAU

if TYPE_CHECKING:
    from torch import Tensor

    from spacenit_train.losses.grid import Grid


@frozen(kw_only=True)
class AdjustedPatchDiscriminationConfig(LossConfig):
    """As `patch_discrimination`, with negatives weighted by their similarity (arXiv:2310.11048)."""

    metric: ClassVar[str] = "AdjustedPatchDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    mu: float = setting("cosine similarity of the negatives that weigh most", 0.7)
    sigma: float = setting("standard deviation of the weights' Gaussian", 1.0, validator=above(0))
    pred2unit: bool = setting("standardise the predictions over the micro-batch first", False)

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """`patch_discrimination` where each negative's score is multiplied by a weight without a gradient.

        The weight is the density of a Gaussian at the cosine similarity, divided by its mean over the token's
        negatives. Samples without predicted tokens do not count (the reference stops at the first of them).

        Returns:
            A float32 scalar, 0 where nothing is predicted.
        """
        from torch.nn.functional import normalize

        from spacenit_train.losses.grid import by_sample, standardised

        predicted, grid = pairs.predicted.float(), by_sample(pairs)
        if not len(predicted):
            return predicted.sum()
        if self.pred2unit:
            predicted = standardised(predicted)
        predicted, target = normalize(predicted, dim=-1), normalize(pairs.target.float(), dim=-1)
        cosine = grid.products(predicted, target)
        weights = self._weights(cosine.detach(), grid)
        return 2 * self.tau * grid.mean(grid.negative_log_softmax(cosine * weights / self.tau))

    def _weights(self, cosine: "Tensor", grid: "Grid") -> "Tensor":
        """The weight of each score, ``[B, L, L]``: 1 for a token's own target."""
        import torch

        own = torch.eye(grid.longest, dtype=torch.bool, device=cosine.device)
        beside = own | ~grid.inside[:, None]
        density = (-((cosine - self.mu) ** 2) / (2 * self.sigma**2)).masked_fill(beside, -torch.inf)
        # Divided by their mean over the negatives: in this form it holds where all densities underflow.
        weights = density.softmax(2) * (grid.counts - 1)[:, None, None]
        return weights.masked_fill(beside, 1.0)
