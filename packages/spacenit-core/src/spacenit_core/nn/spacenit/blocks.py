"""Transformer blocks without biases: RMSNorm (arXiv:1910.07467), grouped queries, SwiGLU (arXiv:2002.05202)."""

from torch import Tensor, nn
from torch.nn.functional import silu

from spacenit_core.nn.attention.modules import AttentionBackend
from spacenit_core.nn.blocks import SampleDropPath
from spacenit_core.nn.positions.rotary import RotaryPositions
from spacenit_core.nn.sequences import Sequences
from spacenit_core.nn.spacenit.config import SpaceNitEncoderConfig


class GroupedQueryAttention(nn.Module):
    """Self-attention in which groups of query heads share one key and value head (arXiv:2305.13245).

    Args:
        config: width and heads.
        backend: how attention is computed.
    """

    def __init__(self, config: SpaceNitEncoderConfig, backend: AttentionBackend) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.backend = backend
        size = config.embedding_size
        self._head_size = size // config.num_heads
        shared = config.kv_heads * self._head_size
        self.q = nn.Linear(size, size, bias=False)
        self.k = nn.Linear(size, shared, bias=False)
        self.v = nn.Linear(size, shared, bias=False)
        self.proj = nn.Linear(size, size, bias=False)

    def forward(self, x: Tensor, sequences: Sequences, positions: RotaryPositions) -> Tensor:
        """From tokens ``[M, D]`` to ``[M, D]``; queries and keys are turned."""
        query, key, value = (part(x).unflatten(1, (-1, self._head_size)) for part in (self.q, self.k, self.v))
        query, key = positions.turn(None, query, key)
        key, value = self._for_all(key), self._for_all(value)
        return self.proj(self.backend(query, key, value, sequences, sequences).flatten(1))

    def _for_all(self, heads: Tensor) -> Tensor:
        """From shared heads ``[M, K, width]`` to one for each query head, groups side by side."""
        return heads.repeat_interleave(self.num_heads // heads.shape[1], dim=1)


class SwiGLU(nn.Module):
    """W3(silu(W1 x) * W2 x).

    Args:
        size: width of the tokens.
        hidden: width inside.
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.w1 = nn.Linear(size, hidden, bias=False)
        self.w2 = nn.Linear(size, hidden, bias=False)
        self.w3 = nn.Linear(hidden, size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """From ``[M, D]`` to ``[M, D]``."""
        return self.w3(silu(self.w1(x)) * self.w2(x))


class SpaceNitBlock(nn.Module):
    """x + attention(norm(x)), then x + SwiGLU(norm(x)); both branches are skipped for whole samples at times.

    Args:
        config: sizes and drop path.
        backend: how attention is computed.
    """

    def __init__(self, config: SpaceNitEncoderConfig, backend: AttentionBackend) -> None:
        super().__init__()
        self.norm1 = nn.RMSNorm(config.embedding_size)
        self.attn = GroupedQueryAttention(config, backend)
        self.norm2 = nn.RMSNorm(config.embedding_size)
        self.mlp = SwiGLU(config.embedding_size, config.hidden_size)
        self.add = SampleDropPath(config.drop_path)

    def forward(self, x: Tensor, sequences: Sequences, positions: RotaryPositions) -> Tensor:
        """From tokens ``[M, D]`` to ``[M, D]``."""
        x = self.add(x, self.attn(self.norm1(x), sequences, positions), sequences)
        return self.add(x, self.mlp(self.norm2(x)), sequences)
