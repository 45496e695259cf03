"""Linear heads, one for each of R learning rates, as one: the same features reach all, which one product computes."""

import math
from typing import Protocol, Self

import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.rng import torch_seed

_EPS = 1e-5
_MOMENTUM = 0.1
ALL = slice(None)


class State(Protocol):
    """What R heads compute at one time of their training."""

    def __call__(self, features: Tensor) -> Tensor:
        """From float ``[B, ..., D]`` to ``[R, B, ..., O]``."""
        ...

    def head(self, number: int) -> Self:
        """One of them, R = 1."""
        ...

    def take(self, which: Tensor, other: Self) -> None:
        """Replace some heads, bool ``[R]``, by those of another state."""
        ...

    def finite(self) -> Tensor:
        """Which heads are made of numbers, bool ``[R]``."""
        ...


class Heads(Protocol):
    """R heads while they are trained.

    Attributes:
        parameters: float ``[R, ...]`` each, with gradients.
    """

    parameters: list[Tensor]

    def __call__(self, features: Tensor, which: slice = ALL) -> Tensor:
        """From float ``[B, ..., D]`` to ``[R, B, ..., O]``, by all heads or by some that follow one another."""
        ...

    def state(self) -> State:
        """What they compute now; later steps do not change it."""
        ...


@frozen(eq=False)
class Affine:
    """What R trained heads compute.

    Attributes:
        weight: float ``[R, O, D]``.
        bias: float ``[R, O]``.
    """

    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """From float ``[B, ..., D]`` to ``[R, B, ..., O]``."""
        # A product for each head, not one for all: so the last bits of a head do not depend on how many there are, and
        # high learning rates, which amplify them, give what they give alone.
        flat = features.flatten(0, -2).expand(len(self.bias), -1, -1)
        return torch.baddbmm(self.bias[:, None], flat, self.weight.transpose(1, 2)).unflatten(1, features.shape[:-1])

    def head(self, number: int) -> "Affine":
        """One of them, R = 1."""
        return Affine(self.weight[[number]], self.bias[[number]])

    def take(self, which: Tensor, other: "Affine") -> None:
        """Replace some heads, bool ``[R]``, by those of another state."""
        self.weight[which], self.bias[which] = other.weight[which], other.bias[which]

    def finite(self) -> Tensor:
        """Which heads are made of numbers, bool ``[R]``."""
        return self.weight.isfinite().flatten(1).all(dim=1) & self.bias.isfinite().all(dim=1)


class LinearHeads:
    """A linear layer for each rate, which all begin alike.

    Args:
        heads: R.
        width: D, length of the vectors.
        outputs: O, numbers that a head gives for a vector.
        seed: of the first weights.

    Attributes:
        parameters: float ``[R, ...]`` each, with gradients.
    """

    def __init__(self, heads: int, width: int, outputs: int, seed: int) -> None:
        draws = torch.Generator().manual_seed(torch_seed(seed, "probe weights"))
        bound = 1 / math.sqrt(width)
        weight = (2 * torch.rand(outputs, width, generator=draws) - 1) * bound
        bias = (2 * torch.rand(outputs, generator=draws) - 1) * bound
        self.weight, self.bias = (repeated(first, heads) for first in (weight, bias))
        self.parameters = [self.weight, self.bias]

    def __call__(self, features: Tensor, which: slice = ALL) -> Tensor:
        """Training: from float ``[B, ..., D]`` to ``[R, B, ..., O]``."""
        return Affine(self.weight[which], self.bias[which])(features)

    def state(self) -> Affine:
        """What they compute now."""
        return Affine(self.weight.detach().clone(), self.bias.detach().clone())


class NormalizedHeads(LinearHeads):
    """The same behind a batch normalisation, whose statistics the heads share: they see the same features."""

    def __init__(self, heads: int, width: int, outputs: int, seed: int) -> None:
        super().__init__(heads, width, outputs, seed)
        self.scale, self.shift = (repeated(first, heads) for first in (torch.ones(width), torch.zeros(width)))
        self.parameters = [*self.parameters, self.scale, self.shift]
        self._mean, self._variance = torch.zeros(width), torch.ones(width)

    def __call__(self, features: Tensor, which: slice = ALL) -> Tensor:
        """Training: from float ``[B, D]`` to ``[R, B, O]``, by the statistics of the batch, which are kept."""
        count, mean = len(features), features.mean(dim=0)
        centred = features - mean
        variance = centred.square().mean(dim=0)
        self._mean.lerp_(mean, _MOMENTUM)
        self._variance.lerp_(variance * (count / max(count - 1, 1)), _MOMENTUM)
        # All heads are asked at once, so that the statistics are kept once.
        assert which == ALL
        return self._folded(self.weight, self.bias)(centred * (variance + _EPS).rsqrt())

    def state(self) -> Affine:
        """What they compute now, by the kept statistics."""
        with torch.no_grad():
            deviation = (self._variance + _EPS).sqrt()
            folded = self._folded(self.weight, self.bias)
            weight = folded.weight / deviation
            return Affine(weight, folded.bias - weight @ self._mean)

    def _folded(self, weight: Tensor, bias: Tensor) -> Affine:
        """The linear layer with scale and shift of the normalisation in its weights."""
        shift = (weight * self.shift[:, None]).sum(dim=2)
        return Affine(weight * self.scale[:, None], bias + shift)


def repeated(first: Tensor, heads: int) -> Tensor:
    """The same first numbers for each of R heads, with gradients, ``[R, ...]``."""
    return first.expand(heads, *first.shape).clone().requires_grad_(True)
