"""Rotation by learned mixtures of the coordinates (RoPE-Mixed, arXiv:2403.13298)."""

import math

import torch
from torch import Tensor


def mixed_frequencies(axes: int, num_heads: int, head_size: int, base: float) -> Tensor:
    """Initial frequencies: per head two orthogonal random directions, each with base^(-4j / head_size) as lengths.

    Args:
        axes: 2 (row, column) or 3 (days, row, column).
        num_heads: attention heads.
        head_size: width of a head, a multiple of 4.
        base: base of the lengths.

    Returns:
        float32 ``[axes, num_heads, head_size / 2]``.
    """
    length = 1.0 / base ** (torch.arange(0, head_size, 4, dtype=torch.float32) / head_size)
    first, second = _in_the_plane(num_heads) if axes == 2 else _in_space(num_heads)
    parts = [direction.T[:, :, None] * length for direction in (first, second)]
    return torch.cat(parts, dim=2)


def _in_the_plane(heads: int) -> tuple[Tensor, Tensor]:
    """Orthogonal directions, each ``[heads, 2]``."""
    angle = torch.rand(heads) * (2 * math.pi)
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([cos, sin], dim=1), torch.stack([-sin, cos], dim=1)


def _in_space(heads: int) -> tuple[Tensor, Tensor]:
    """Orthogonal directions, each ``[heads, 3]``, the first uniform on the sphere."""
    first = torch.nn.functional.normalize(torch.randn(heads, 3), dim=1)
    other = torch.randn(heads, 3)
    rest = other - (other * first).sum(1, keepdim=True) * first
    return first, torch.nn.functional.normalize(rest, dim=1)
