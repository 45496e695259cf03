"""Heads that weigh the vectors of a patch's band sets by attention of a learnt query, before their linear layer."""

import math

import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.rng import torch_seed
from spacenit_evals.protocols.probe.heads import ALL, Affine, LinearHeads, repeated

_HEAD_WIDTH = 64
_DEVIATION = 0.02


@frozen(eq=False)
class PooledAffine:
    """What R trained heads compute.

    Attributes:
        query: float ``[R, D]``.
        both: of keys and values, from ``D`` to ``2 D``.
        affine: of what is pooled.
    """

    query: Tensor
    both: Affine
    affine: Affine

    def __call__(self, features: Tensor) -> Tensor:
        """From float ``[B, ..., G, D]`` to ``[R, B, ..., O]``."""
        parts = attention_heads(features.shape[-1])
        keys, values = self.both(features.flatten(0, -3)).unflatten(-1, (2, parts, -1)).unbind(-3)
        query = self.query.unflatten(1, (parts, -1))[:, None, None]
        weights = ((query * keys).sum(dim=-1) / math.sqrt(keys.shape[-1])).softmax(dim=2)
        pooled = (weights[..., None] * values).sum(dim=2).flatten(2)
        outputs = torch.baddbmm(self.affine.bias[:, None], pooled, self.affine.weight.transpose(1, 2))
        return outputs.unflatten(1, features.shape[:-2])

    def head(self, number: int) -> "PooledAffine":
        """One of them, R = 1."""
        return PooledAffine(self.query[[number]], self.both.head(number), self.affine.head(number))

    def take(self, which: Tensor, other: "PooledAffine") -> None:
        """Replace some heads, bool ``[R]``, by those of another state."""
        self.query[which] = other.query[which]
        self.both.take(which, other.both)
        self.affine.take(which, other.affine)

    def finite(self) -> Tensor:
        """Which heads are made of numbers, bool ``[R]``."""
        return self.query.isfinite().all(dim=1) & self.both.finite() & self.affine.finite()


class PoolingHeads(LinearHeads):
    """Attention pooling and a linear layer for each rate, which all begin alike.

    Args:
        heads: R.
        width: D, length of the vectors.
        outputs: O, numbers that a head gives for a patch.
        seed: of the first weights.
    """

    def __init__(self, heads: int, width: int, outputs: int, seed: int) -> None:
        super().__init__(heads, width, outputs, seed)
        draws = torch.Generator().manual_seed(torch_seed(seed, "probe pooling"))
        query, both = (_DEVIATION * torch.randn(*shape, generator=draws) for shape in ((width,), (2 * width, width)))
        self.query, self.both_weight, self.both_bias = (
            repeated(first, heads) for first in (query, both, torch.zeros(2 * width))
        )
        self.parameters = [*self.parameters, self.query, self.both_weight, self.both_bias]

    def __call__(self, features: Tensor, which: slice = ALL) -> Tensor:
        """Training: from float ``[B, ..., G, D]`` to ``[R, B, ..., O]``."""
        both, affine = (
            Affine(self.both_weight[which], self.both_bias[which]),
            Affine(self.weight[which], self.bias[which]),
        )
        return PooledAffine(self.query[which], both, affine)(features)

    def state(self) -> PooledAffine:  # type: ignore[override]
        """What they compute now."""
        query, weight, bias = (one.detach().clone() for one in (self.query, self.both_weight, self.both_bias))
        return PooledAffine(query, Affine(weight, bias), super().state())


def attention_heads(width: int) -> int:
    """As many as have a width of 64, or the next smaller number that divides the vectors."""
    return next(count for count in range(max(1, width // _HEAD_WIDTH), 0, -1) if width % count == 0)
