"""Attention over packed sequences: the modules with the weights, and what a backend must do."""

from typing import Protocol

from torch import Tensor, nn

from spacenit_core.nn.sequences import Sequences


class AttentionBackend(Protocol):
    """Scaled dot product attention inside each of S sequences."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """Attend from every query token to all key tokens of the same sequence.

        Args:
            query: ``[Mq, heads, width]``.
            key: ``[Mk, heads, width]``.
            value: ``[Mk, heads, width]``.
            queries: how the Mq query tokens divide into sequences.
            keys: how the Mk key tokens divide into the same number of sequences.

        Returns:
            ``[Mq, heads, width]``; 0 where a sequence has no keys.
        """
        ...


def attend_to_nothing(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The result where there are no queries or no keys at all: 0, with a graph, so that all weights have a gradient."""
    return query * 0 + 0 * (key.sum() + value.sum())


class SelfAttention(nn.Module):
    """Every token attends to all tokens of its sequence.

    Args:
        size: width of the tokens.
        num_heads: attention heads.
        backend: how attention is computed.
    """

    def __init__(self, size: int, num_heads: int, backend: AttentionBackend) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.backend = backend
        self.qkv = nn.Linear(size, 3 * size)
        self.proj = nn.Linear(size, size)

    def forward(self, x: Tensor, sequences: Sequences) -> Tensor:
        """From tokens ``[M, D]`` to ``[M, D]``."""
        query, key, value = self.qkv(x).unflatten(1, (3, self.num_heads, -1)).unbind(1)
        return self.proj(self.backend(query, key, value, sequences, sequences).flatten(1))


class CrossAttention(nn.Module):
    """Query tokens attend to the context tokens of the same sequence.

    Args:
        size: width of the tokens.
        num_heads: attention heads.
        backend: how attention is computed.
    """

    def __init__(self, size: int, num_heads: int, backend: AttentionBackend) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.backend = backend
        self.q = nn.Linear(size, size)
        self.kv = nn.Linear(size, 2 * size)
        self.proj = nn.Linear(size, size)

    def forward(self, x: Tensor, queries: Sequences, context: Tensor, keys: Sequences) -> Tensor:
        """From queries ``[Mq, D]`` and context ``[Mk, D]`` to ``[Mq, D]``."""
        query = self.q(x).unflatten(1, (self.num_heads, -1))
        key, value = self.kv(context).unflatten(1, (2, self.num_heads, -1)).unbind(1)
        return self.proj(self.backend(query, key, value, queries, keys).flatten(1))
