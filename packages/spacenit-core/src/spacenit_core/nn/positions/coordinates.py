"""Where and when tokens were taken, as numbers that angles are made of."""

import numpy as np
import torch
from torch import Tensor

from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.transfer import send

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def days_since_2000(timestamps: Tensor) -> Tensor:
    """Days since 1 January 2000 in years of 365.25 days whose months are those of a common year.

    Args:
        timestamps: ``[..., 3]``: day 1-31, month 0-11, year.

    Returns:
        float32 ``[...]``.
    """
    day, month, year = timestamps.unbind(-1)
    before = send(torch.tensor(_DAYS_BEFORE_MONTH, dtype=torch.float32), timestamps.device)
    return (year - 2000).float() * 365.25 + before[month] + (day - 1).float()


def in_space(batch: Batch, tokens: TokenSelection, scale: float) -> Tensor:
    """Row and column of each token in units of 10 m, times a scale; 0 for tokens without a place.

    Returns:
        float32 ``[M, 2]``.
    """
    layout = batch.layout
    step = batch.grid_gsd * layout.patch_size / 10.0 * scale
    grid = send(torch.from_numpy(np.stack([layout.row, layout.column], axis=1)), tokens.position.device)
    return grid[tokens.position].float() * step


def in_time(batch: Batch, tokens: TokenSelection, scale: float) -> Tensor:
    """Days since 2000 of each token, times a scale, float32 ``[M]``.

    As in the released models, maps without time are dated like the first step of their window; what has neither time
    nor place gets 0.
    """
    days = days_since_2000(batch.timestamps) * scale
    step = send(torch.from_numpy(np.stack([batch.layout.time, _dated(batch.layout)])), tokens.position.device)
    time, dated = step[:, tokens.position]
    # Both indices have one type: graphs for other runtimes know no mixture.
    return days[tokens.samples(len(batch)), time.long()] * dated


def _dated(layout: TokenLayout) -> np.ndarray:
    dated = np.array([block.sensor.temporal or block.sensor.spatial for block in layout.blocks], dtype=np.int32)
    return dated[layout.sensor]
