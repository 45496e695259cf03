"""What Galileo adds to tokens: where and when they are."""

import math

import torch
from torch import Tensor

MONTHS = 12
BASE_GSD = 10.0
"""Metres that one step on the ground stands for."""


def sines(position: Tensor, width: int) -> Tensor:
    """From positions ``[M]`` to ``[M, width]``: sines, then cosines.

    The exponents grow by 1 / (2 * width), a quarter of what is usual: the weights were trained so.
    """
    frequency = 10000.0 ** -(torch.arange(width // 2, device=position.device) / (2.0 * width))
    angle = position.float()[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def month_table(width: int) -> Tensor:
    """One row per month, ``[12, width]``: the sine of its place in the year, repeated, then the cosine."""
    angle = torch.arange(MONTHS)[:, None] * (2 * math.pi / MONTHS)
    return torch.cat([angle.sin().expand(-1, width // 2), angle.cos().expand(-1, width // 2)], dim=1)


def ground_positions(rows: int, columns: int, metres: float, width: int, device: torch.device) -> Tensor:
    """Where patches lie, ``[rows, columns, width]``: half for the column, half for the row.

    Args:
        rows: patches along the height.
        columns: patches along the width.
        metres: ground along one side of a patch.
        width: of the encoding.
        device: where to compute.
    """
    across, down = (
        sines(torch.arange(count, device=device) * (metres / BASE_GSD), width // 2) for count in (columns, rows)
    )
    return torch.cat([across[None].expand(rows, -1, -1), down[:, None].expand(-1, columns, -1)], dim=2)
