"""Where and when tokens were taken: rotary positions over rows, columns and time steps."""

import torch
from torch import Tensor

from spacenit_core.nn.positions.coordinates import in_space
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.transfer import send


def coordinates(batch: Batch, tokens: TokenSelection) -> Tensor:
    """Time step, row and column of some tokens, float32 ``[M, 3]``; 0 where a token has none.

    Rows and columns are in units of 10 m, so that sensors of different resolution, and patches of different size, share
    one frame.
    """
    step = send(torch.from_numpy(batch.layout.time), tokens.position.device)[tokens.position]
    return torch.cat([step[:, None].float(), in_space(batch, tokens, 1.0)], dim=1)


def frequencies(head_size: int, base: float, device: torch.device) -> Tensor:
    """The frequencies of time step, row and column in each feature pair; their angles add up.

    Time turns all pairs; the row turns the first half of them, the column the second.

    Args:
        head_size: width of a head, a multiple of 4.
        base: base of the frequencies: base^(-2i / w) for the pairs i of w features.
        device: where to.

    Returns:
        float32 ``[3, 1, head_size / 2]``, the same for all heads.
    """
    time, space = _geometric(head_size, base, device), _geometric(head_size // 2, base, device)
    none = torch.zeros_like(space)
    return torch.stack([time, torch.cat([space, none]), torch.cat([none, space])])[:, None]


def _geometric(width: int, base: float, device: torch.device) -> Tensor:
    return base ** (-torch.arange(0, width, 2, dtype=torch.float32, device=device) / width)
