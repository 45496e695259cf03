"""Attention over packed sequences: the modules with the weights, and what a backend must do."""

from typing import Protocol

from torch import Tensor, nn

from spacenit_core.nn.positions.mixed import mixed_frequencies
from spacenit_core.nn.positions.rotary import RotaryPositions
from spacenit_core.nn.sequences import Sequences
from spacenit_core.nn.transformer_config import TransformerConfig


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


class Attention(nn.Module):
    """What self-attention and cross-attention share: queries and keys are normalised and turned, results projected.

    Args:
        config: width, heads, norm of queries and keys, position encoding.
        backend: how attention is computed.

    Attributes:
        proj: projection of the results.
        q_norm: norm of each query, or the identity.
        k_norm: norm of each key, or the identity.
        rope_mixed_freqs: learned frequencies of the rotation, ``[A, heads, width / 2]`` for the A coordinates, or None.
    """

    def __init__(self, config: TransformerConfig, backend: AttentionBackend) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.backend = backend
        head_size = config.embedding_size // config.num_heads
        self.q_norm, self.k_norm = (nn.LayerNorm(head_size) if config.qk_norm else nn.Identity() for _ in range(2))
        self.rope_mixed_freqs: nn.Parameter | None = None
        if config.learns_rotation:
            axes = 3 if config.rotates_time else 2
            initial = mixed_frequencies(axes, config.num_heads, head_size, config.rope_mixed_base)
            self.rope_mixed_freqs = nn.Parameter(initial)
        self.proj = nn.Linear(config.embedding_size, config.embedding_size)

    def attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        queries: Sequences,
        keys: Sequences,
        positions: tuple[RotaryPositions, RotaryPositions] | None,
    ) -> Tensor:
        """From query, key and value ``[M, heads, width]`` (see `AttentionBackend`) to ``[Mq, D]``.

        Args:
            query: of the Mq query tokens.
            key: of the Mk key tokens.
            value: of the Mk key tokens.
            queries: how the query tokens divide into sequences.
            keys: how the key tokens divide into sequences.
            positions: where query and key tokens lie; None where nothing is turned.
        """
        # Layer norms leave half precision under autocast; backends want one type.
        query, key = self.q_norm(query).to(value.dtype), self.k_norm(key).to(value.dtype)
        if positions is not None:
            ours, theirs = positions
            if ours is theirs:
                query, key = ours.turn(self.rope_mixed_freqs, query, key)
            else:
                (query,) = ours.turn(self.rope_mixed_freqs, query)
                (key,) = theirs.turn(self.rope_mixed_freqs, key)
            if value.requires_grad and isinstance(self.q_norm, nn.Identity):
                # Turned queries and keys are new. A copy of the values frees what all of them were projected into,
                # unless a norm keeps it for its gradient.
                value = value.clone()
        return self.proj(self.backend(query, key, value, queries, keys).flatten(1))


class SelfAttention(Attention):
    """Every token attends to all tokens of its sequence.

    The rows of `qkv` are the queries', the keys' and the values' projections, one after the other.

    Args:
        config: width, heads, norm of queries and keys, position encoding.
        backend: how attention is computed.
    """

    def __init__(self, config: TransformerConfig, backend: AttentionBackend) -> None:
        super().__init__(config, backend)
        self.qkv = nn.Linear(config.embedding_size, 3 * config.embedding_size)

    def forward(self, x: Tensor, sequences: Sequences, positions: RotaryPositions | None = None) -> Tensor:
        """From tokens ``[M, D]``, and where they lie, to ``[M, D]``."""
        query, key, value = self.qkv(x).unflatten(1, (3, self.num_heads, -1)).unbind(1)
        return self.attend(
            query, key, value, sequences, sequences, None if positions is None else (positions, positions)
        )


class CrossAttention(Attention):
    """Query tokens attend to the context tokens of the same sequence.

    The rows of `kv` are the keys' and the values' projections, one after the other.

    Args:
        config: width, heads, norm of queries and keys, position encoding.
        backend: how attention is computed.
    """

    def __init__(self, config: TransformerConfig, backend: AttentionBackend) -> None:
        super().__init__(config, backend)
        self.q = nn.Linear(config.embedding_size, config.embedding_size)
        self.kv = nn.Linear(config.embedding_size, 2 * config.embedding_size)

    def forward(
        self,
        x: Tensor,
        queries: Sequences,
        context: Tensor,
        keys: Sequences,
        positions: tuple[RotaryPositions, RotaryPositions] | None = None,
    ) -> Tensor:
        """From queries ``[Mq, D]`` and context ``[Mk, D]``, and where both lie, to ``[Mq, D]``."""
        query = self.q(x).unflatten(1, (self.num_heads, -1))
        key, value = self.kv(context).unflatten(1, (2, self.num_heads, -1)).unbind(1)
        return self.attend(query, key, value, queries, keys, positions)
