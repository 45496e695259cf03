"""Loss `uniformity`: vectors spread evenly over the unit sphere (arXiv:2005.10242)."""

import math
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.losses import EncodedView, LossConfig, LossRole, Regularizer
from spacenit_train.losses.settings import WEIGHT, Weighted

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class UniformityConfig(Weighted, LossConfig):
    """Spread the samples' pooled vectors evenly over the unit sphere (arXiv:2005.10242)."""

    role: ClassVar[LossRole] = "regularizer"
    metric: ClassVar[str] = "Uniformity"

    weight: float = setting(WEIGHT, 0.1, validator=at_least(0))
    t: float = setting("how fast a pair's part falls with its squared distance", 2.0, validator=above(0))

    def build(self) -> Regularizer:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, view: EncodedView) -> "Tensor":
        """The logarithm of the mean of exp(-t |a - b|^2) over all pairs of samples, on the unit sphere.

        Samples of which nothing is encoded take no part. With fewer than two samples there is no pair: the loss is 0.

        Returns:
            A float32 scalar.
        """
        import torch
        from torch.nn.functional import normalize

        vectors = view.pooled_of_present.float()
        if len(vectors) < 2:
            return view.pooled.float().sum() * 0
        vectors = normalize(vectors, dim=-1)
        first, second = torch.triu_indices(len(vectors), len(vectors), 1, device=vectors.device)
        squared = 2 - 2 * (vectors @ vectors.T)[first, second]
        return self.weight * ((-self.t * squared).logsumexp(0) - math.log(len(first)))
