"""AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) of stacked heads, each with a learning rate of its own."""

from collections.abc import Sequence

import torch
from torch import Tensor

_BETAS = (0.9, 0.999)
_EPS = 1e-8


class StackedAdamW:
    """Updates R heads at a time.

    Args:
        parameters: float ``[R, ...]`` each; cleared of gradients by each step.
        decay: weight decay.
    """

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        self._parameters, self._decay = parameters, decay
        self._moments = [(torch.zeros_like(one), torch.zeros_like(one)) for one in parameters]
        self._steps = 0

    @torch.no_grad()
    def step(self, rates: Tensor) -> None:
        """One update.

        Args:
            rates: the learning rate of each head now, float ``[R]``.
        """
        self._steps += 1
        first_part, second_part = (1 - beta**self._steps for beta in _BETAS)
        for parameter, (first, second) in zip(self._parameters, self._moments, strict=True):
            gradient, parameter.grad = parameter.grad, None
            assert gradient is not None
            rate = rates.view(-1, *[1] * (parameter.ndim - 1))
            first.lerp_(gradient, 1 - _BETAS[0])
            second.mul_(_BETAS[1]).addcmul_(gradient, gradient, value=1 - _BETAS[1])
            parameter.mul_(1 - rate * self._decay)
            change = first / (second.sqrt().div_(second_part**0.5).add_(_EPS))
            parameter.sub_(change.mul_(rate / first_part))
