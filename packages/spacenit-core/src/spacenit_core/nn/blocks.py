"""Transformer blocks over packed tokens."""

import torch
from torch import Tensor, nn

from spacenit_core.nn.attention.modules import AttentionBackend, CrossAttention, SelfAttention
from spacenit_core.nn.positions.rotary import RotaryPositions
from spacenit_core.nn.sequences import Sequences
from spacenit_core.nn.transformer_config import TransformerConfig


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


class Block(nn.Module):
    """What self-attention and cross-attention blocks share: two pre-norm branches, attention and MLP.

    Args:
        config: sizes, drop path, norms and position encoding.
        attn: the attention.
    """

    def __init__(self, config: TransformerConfig, attn: nn.Module) -> None:
        super().__init__()
        size = config.embedding_size
        self.norm1 = nn.LayerNorm(size)
        self.attn = attn
        self.norm2 = nn.LayerNorm(size)
        self.mlp = Mlp(size, int(size * config.mlp_ratio))
        self.add = SampleDropPath(config.drop_path)


class SelfBlock(Block):
    """Pre-norm self-attention and MLP.

    Args:
        config: sizes, drop path, norms and position encoding.
        backend: how attention is computed.
    """

    def __init__(self, config: TransformerConfig, backend: AttentionBackend) -> None:
        super().__init__(config, SelfAttention(config, backend))

    def forward(self, x: Tensor, sequences: Sequences, positions: RotaryPositions | None = None) -> Tensor:
        """From tokens ``[M, D]``, and where they lie, to ``[M, D]``."""
        x = self.add(x, self.attn(self.norm1(x), sequences, positions), sequences)
        return self.add(x, self.mlp(self.norm2(x)), sequences)


class CrossBlock(Block):
    """Pre-norm cross-attention and MLP; the context is neither normalised nor changed.

    Args:
        config: sizes, drop path, norms and position encoding.
        backend: how attention is computed.
    """

    def __init__(self, config: TransformerConfig, backend: AttentionBackend) -> None:
        super().__init__(config, CrossAttention(config, backend))

    def forward(
        self,
        x: Tensor,
        queries: Sequences,
        context: Tensor,
        keys: Sequences,
        positions: tuple[RotaryPositions, RotaryPositions] | None = None,
    ) -> Tensor:
        """From queries ``[Mq, D]`` and context ``[Mk, D]``, and where both lie, to ``[Mq, D]``."""
        x = self.add(x, self.attn(self.norm1(x), queries, context, keys, positions), queries)
        return self.add(x, self.mlp(self.norm2(x)), queries)
