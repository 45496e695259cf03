"""Transformer blocks over packed tokens."""

import torch
from torch import Tensor, nn

from spacenit_core.nn.attention import AttentionBackend, CrossAttention, SelfAttention
from spacenit_core.nn.sequences import Sequences


class Mlp(nn.Module):
    """Two layers with a GELU between them.

    Args:
        size: width of the tokens.
        hidden: width between the layers.
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(size, hidden)
        self.fc2 = nn.Linear(hidden, size)

    def forward(self, x: Tensor) -> Tensor:
        """From ``[M, D]`` to ``[M, D]``."""
        return self.fc2(nn.functional.gelu(self.fc1(x)))


class SampleDropPath(nn.Module):
    """The residual sum of a branch that is skipped for whole sequences (stochastic depth, arXiv:1603.09382).

    Args:
        probability: how often a sequence skips the branch in training.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor, branch: Tensor, sequences: Sequences) -> Tensor:
        """The sum of x and branch, the latter times 0 or 1 / (1 - probability) per sequence; all ``[M, D]``."""
        if not self.training or not self.probability:
            return x + branch
        keep = 1.0 - self.probability
        scale = (torch.rand(len(sequences), device=x.device) < keep).to(branch.dtype) / keep
        return torch.addcmul(x, branch, scale[sequences.number, None].to(x.dtype))


class SelfBlock(nn.Module):
    """Pre-norm self-attention and MLP.

    Args:
        size: width of the tokens.
        num_heads: attention heads.
        mlp_ratio: hidden width of the MLP, in widths of the tokens.
        drop_path: how often a sequence skips a branch.
        backend: how attention is computed.
    """

    def __init__(
        self, size: int, *, num_heads: int, mlp_ratio: float, drop_path: float, backend: AttentionBackend
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(size)
        self.attn = SelfAttention(size, num_heads, backend)
        self.norm2 = nn.LayerNorm(size)
        self.mlp = Mlp(size, int(size * mlp_ratio))
        self.add = SampleDropPath(drop_path)

    def forward(self, x: Tensor, sequences: Sequences) -> Tensor:
        """From tokens ``[M, D]`` to ``[M, D]``."""
        x = self.add(x, self.attn(self.norm1(x), sequences), sequences)
        return self.add(x, self.mlp(self.norm2(x)), sequences)


class CrossBlock(nn.Module):
    """Pre-norm cross-attention and MLP; the context is neither normalised nor changed.

    Args:
        size: width of the tokens.
        num_heads: attention heads.
        mlp_ratio: hidden width of the MLP, in widths of the tokens.
        drop_path: how often a sequence skips a branch.
        backend: how attention is computed.
    """

    def __init__(
        self, size: int, *, num_heads: int, mlp_ratio: float, drop_path: float, backend: AttentionBackend
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(size)
        self.attn = CrossAttention(size, num_heads, backend)
        self.norm2 = nn.LayerNorm(size)
        self.mlp = Mlp(size, int(size * mlp_ratio))
        self.add = SampleDropPath(drop_path)

    def forward(self, x: Tensor, queries: Sequences, context: Tensor, keys: Sequences) -> Tensor:
        """From queries ``[Mq, D]`` and context ``[Mk, D]`` to ``[Mq, D]``."""
        x = self.add(x, self.attn(self.norm1(x), queries, context, keys), queries)
        return self.add(x, self.mlp(self.norm2(x)), queries)
