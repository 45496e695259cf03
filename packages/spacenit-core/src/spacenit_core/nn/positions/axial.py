"""Rotation by one coordinate per feature pair (RoPE, arXiv:2104.09864; in two dimensions, arXiv:2403.13298)."""

import torch
from torch import Tensor

from spacenit_core.nn.positions.config import PositionConfig


def axial_frequencies(config: PositionConfig, head_size: int, device: torch.device) -> Tensor:
    """The frequencies of each coordinate, 0 for the pairs that another coordinate rotates.

    Args:
        config: the position encoding, rope or rope_3d.
        head_size: width of a head.
        device: where to.

    Returns:
        float32 ``[A, 1, head_size / 2]`` for the A coordinates ((days,) row, column), the same for all heads.
    """
    widths = config.axial_widths(head_size)
    bases = [config.rope_base] * len(widths)
    if config.rotates_time and config.rope_temporal_base is not None:
        bases[0] = config.rope_temporal_base
    parts = [_geometric(width, base, device)[None] for width, base in zip(widths, bases, strict=True)]
    return torch.block_diag(*parts)[:, None]


def _geometric(width: int, base: float, device: torch.device) -> Tensor:
    """base^(-2i / width), i = 0 .. width/2 - 1; in single precision, as the released models were trained with."""
    exponent = torch.arange(0, width, 2, dtype=torch.float32, device=device) / width
    return 1.0 / base**exponent
