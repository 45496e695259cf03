"""The layers of Presto, under the names of its weights."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Table(nn.Module):
    """Rows that are looked up and never trained.

    Args:
        rows: float ``[N, D]``.
    """

    weight: Tensor

    def __init__(self, rows: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", rows)

    def forward(self, number: Tensor) -> Tensor:
        """From int64 ``[...]`` to ``[..., D]``."""
        return self.weight[number]


class Attention(nn.Module):
    """Every token of a series attends to those that are seen."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """From ``[B, N, D]`` and bool ``[B, 1, 1, N]``, None for all, to ``[B, N, D]``."""
        q, k, v = self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        out: Tensor = self.proj(mixed.transpose(1, 2).flatten(2))
        return out


class Mlp(nn.Module):
    """Two layers for each token."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        """From ``[..., D]`` to ``[..., D]``."""
        out: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return out


class Block(nn.Module):
    """Attention and layers, each of what was normalised before, added to what came in."""

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.mlp = Mlp(width, int(width * mlp_ratio))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """As `Attention.forward`."""
        x = x + self.attn(self.norm1(x), mask)
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


def masked_mean(values: Tensor, seen: Tensor) -> Tensor:
    """From ``[..., N, D]`` and bool ``[..., N]`` to ``[..., D]``; NaN where nothing is seen."""
    there = seen[..., None].to(values.dtype)
    total = torch.where(seen[..., None], values, 0).sum(-2)
    return total / there.sum(-2)
