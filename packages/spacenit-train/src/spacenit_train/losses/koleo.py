"""Loss `koleo`: vectors keep away from their nearest neighbours (arXiv:1806.03198, DINOv2)."""

import torch
from torch import Tensor
from torch.nn.functional import normalize, pairwise_distance

from spacenit_core.kinds.losses import EncodedView
from spacenit_train.losses.config import KoLeoConfig

ROWS_AT_ONCE = 4096
"""Tokens whose neighbours are looked for at once: the similarities of all with all might not fit into memory."""


class KoLeo:
    """Minus the mean logarithm of the distance to the nearest neighbour, on the unit sphere.

    In mode "instance" the vectors are the samples' pooled ones, without those of samples of which nothing is encoded;
    in mode "patch" all encoded tokens of the micro-batch. Fewer than two vectors have no neighbours: the loss is 0.

    Args:
        config: weight and mode.
    """

    def __init__(self, config: KoLeoConfig) -> None:
        self.config = config

    def __call__(self, view: EncodedView) -> Tensor:
        """The loss, a float32 scalar."""
        vectors = view.tokens if self.config.mode == "patch" else view.pooled[view.present]
        if len(vectors) < 2:
            return (view.pooled.float().sum() + view.tokens.float().sum()) * 0
        eps = self.config.eps
        vectors = normalize(vectors.float(), eps=eps, dim=-1)
        distance = pairwise_distance(vectors, vectors[nearest_neighbours(vectors)], eps=eps)
        return -self.config.weight * (distance + eps).log().mean()


@torch.no_grad()
def nearest_neighbours(vectors: Tensor) -> Tensor:
    """The index of each unit vector's nearest neighbour, int64 ``[n]`` from ``[n, D]`` (n > 1)."""
    found = []
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        similarity = vectors[start : start + ROWS_AT_ONCE] @ vectors.T
        # Nobody is his own neighbour.
        similarity.diagonal(start).fill_(-torch.inf)
        found.append(similarity.argmax(1))
    return torch.cat(found)
