"""How many floating point operations does a model need for a batch, whatever computes them?

Matrix products are counted by torch as they are called. Attention is counted by its definition, two products of each
query with the keys of its own sequence, so that padding and what a backend computes twice do not count.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from spacenit_core.nn.sequences import Sequences

NOWHERE = "meta"


class CountedAttention:
    """A backend that counts instead of attending.

    Attributes:
        flop: of the calls so far, forward and, where there will be one, backward.
    """

    flop = 0

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """Something ``[Mq, heads, width]`` whose gradient reaches queries, keys and values."""
        pairs = sum(ours * theirs for ours, theirs in zip(queries.lengths, keys.lengths, strict=True))
        passes = 3 if torch.is_grad_enabled() and any(part.requires_grad for part in (query, key, value)) else 1
        self.flop += passes * 4 * pairs * query.shape[1] * query.shape[2]
        return query + key.mean(0) + value.mean(0)


@contextmanager
def _counted_attention(model: nn.Module) -> Iterator[CountedAttention]:
    counted = CountedAttention()
    layers: list[Any] = [layer for layer in model.modules() if hasattr(layer, "backend")]
    backends = [layer.backend for layer in layers]
    for layer in layers:
        layer.backend = counted
    try:
        yield counted
    finally:
        for layer, backend in zip(layers, backends, strict=True):
            layer.backend = backend


def model_flop(model: nn.Module, call: Callable[[], Any]) -> int:
    """Count a call of a model, on no device; the model has lost its weights then.

    Args:
        model: has been called before: what is looked at in a first call alone needs numbers.
        call: uses the model, with a batch on `NOWHERE`.
    """
    model.to(NOWHERE)
    with _counted_attention(model) as attention, FlopCounterMode(display=False) as products:
        call()
    return int(products.get_total_flops()) + attention.flop
