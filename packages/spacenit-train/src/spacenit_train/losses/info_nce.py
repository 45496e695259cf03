"""Loss `info_nce`: contrastive loss between two views (arXiv:1807.03748)."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from spacenit_train.losses.config import InfoNCEConfig


class InfoNCE:
    """Cross entropy over cosine similarities; from the first view to the second, negatives from the micro-batch.

    Args:
        config: temperature and weight.
    """

    def __init__(self, config: InfoNCEConfig) -> None:
        self.config = config

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """From the pooled vectors of two views, ``[B, D]`` each, to a float32 scalar."""
        similarity = normalize(first.float(), dim=-1) @ normalize(second.float(), dim=-1).T
        labels = torch.arange(len(first), device=first.device)
        return self.config.weight * cross_entropy(similarity / self.config.tau, labels)
