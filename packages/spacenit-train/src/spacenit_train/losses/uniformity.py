"""Loss `uniformity`: vectors spread evenly over the unit sphere (arXiv:2005.10242)."""

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

from spacenit_core.kinds.losses import EncodedView
from spacenit_train.losses.config import UniformityConfig


class Uniformity:
    """The logarithm of the mean of exp(-t |a - b|^2) over all pairs of samples, on the unit sphere.

    Samples of which nothing is encoded take no part. With fewer than two samples there is no pair: the loss is 0.

    Args:
        config: weight and sharpness t.
    """

    def __init__(self, config: UniformityConfig) -> None:
        self.config = config

    def __call__(self, view: EncodedView) -> Tensor:
        """The loss, a float32 scalar."""
        vectors = view.pooled[view.present].float()
        if len(vectors) < 2:
            return view.pooled.float().sum() * 0
        vectors = normalize(vectors, dim=-1)
        first, second = torch.triu_indices(len(vectors), len(vectors), 1, device=vectors.device)
        squared = 2 - 2 * (vectors @ vectors.T)[first, second]
        return self.config.weight * ((-self.config.t * squared).logsumexp(0) - math.log(len(first)))
