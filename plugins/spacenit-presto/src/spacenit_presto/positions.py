"""What Presto adds to tokens: when and where they are."""

import math

import torch
from torch import Tensor

MONTHS = 12
BASE = 1000.0


def date_table(dates: int, width: int) -> Tensor:
    """One row per place in a series, ``[dates, width]``: sine and cosine of each frequency side by side."""
    frequency = BASE ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    angle = torch.arange(dates, dtype=torch.float64)[:, None] * frequency
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1).float()


def month_table(width: int) -> Tensor:
    """One row per month, ``[12, width]``: the sine of its place in the year, repeated, then the cosine."""
    angle = torch.arange(MONTHS)[:, None] * (2 * math.pi / MONTHS)
    return torch.cat([angle.sin().expand(-1, width // 2), angle.cos().expand(-1, width // 2)], dim=1)


def on_sphere(latlon: Tensor) -> Tensor:
    """Degrees ``[B, 2]`` as points of the unit sphere ``[B, 3]``."""
    latitude, longitude = torch.deg2rad(latlon).unbind(1)
    flat = latitude.cos()
    return torch.stack([flat * longitude.cos(), flat * longitude.sin(), latitude.sin()], dim=1)
