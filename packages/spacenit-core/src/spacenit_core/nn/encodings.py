"""What a token is and where and when it was taken, added to it: [channel | time | month | space], a quarter each.

Where positions are rotary (`spacenit_core.nn.positions`), the quarters that they replace stay 0.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, pad

from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.nn.transformer_config import TransformerConfig
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.transfer import send
from spacenit_core.sensors.selection import SensorSet

MONTHS = 12


class CompositeEncodings(nn.Module):
    """Additive encodings of OlmoEarth.

    Args:
        sensors: the sensors.
        config: width of the tokens, position encoding, kind of the channel embeddings.
        max_timesteps: most time steps of a window.

    Attributes:
        channel: sensor -> ``[groups, D / 4]``; `per_modality_channel_embeddings` of the released models.
    """

    month: Tensor
    time: Tensor

    def __init__(self, sensors: SensorSet, config: TransformerConfig, max_timesteps: int) -> None:
        super().__init__()
        self.quarter = config.embedding_size // 4
        self.max_timesteps = max_timesteps
        self.counts_steps = not config.rotates_time
        self.knows_place = config.position_encoding == "absolute"
        initial = torch.rand if config.random_channel_embeddings else torch.zeros
        self.channel = nn.ParameterDict(
            {
                spec.name: nn.Parameter(
                    initial(len(spec.token_groups), self.quarter), requires_grad=config.learnable_channel_embeddings
                )
                for spec in sensors
            }
        )
        # Each table ends in a row of zeros, for the tokens that have no time.
        self.register_buffer("month", pad(month_table(self.quarter), (0, 0, 0, 1)), persistent=False)
        self.register_buffer(
            "time", pad(sine_cosine(torch.arange(max_timesteps), self.quarter), (0, 0, 0, 1)), persistent=False
        )

    def forward(self, batch: Batch, tokens: TokenSelection) -> Tensor:
        """The encodings of some tokens of a batch, float32 ``[M, D]``."""
        layout, device = batch.layout, tokens.position.device
        columns = send(_token_columns(layout, self.max_timesteps), device)[:, tokens.position]
        group, step, cell = columns.unbind(0)
        months = pad(batch.timestamps[:, :, 1], (0, 1), value=MONTHS)
        month = months[tokens.samples(len(batch)), step.clamp(max=layout.timesteps)]
        channel = torch.cat([self.channel[name] for name in layout.sensor_names])
        absent = self.month.new_zeros((1, 1)).expand(len(tokens), self.quarter)
        time = self.time[step] if self.counts_steps else absent
        space = absent
        if self.knows_place:
            space = send(space_table(layout, self.quarter, batch.grid_gsd), device)[cell]
        parts = (embedding(group, channel), time, self.month[month], space)
        return torch.cat([part.float() for part in parts], dim=1)


def _token_columns(layout: TokenLayout, no_time: int) -> Tensor:
    """Row of each token in the channel, time and space tables, int64 ``[3, N]``."""
    temporal = torch.tensor([block.sensor.temporal for block in layout.blocks])
    spatial = torch.tensor([block.sensor.spatial for block in layout.blocks])
    sensor = torch.from_numpy(layout.sensor).long()
    step = torch.from_numpy(layout.time).long()
    cell = torch.from_numpy(layout.row).long() * layout.columns + torch.from_numpy(layout.column)
    return torch.stack(
        [
            torch.from_numpy(layout.band_set).long(),
            torch.where(temporal[sensor], step, no_time),
            torch.where(spatial[sensor], cell, layout.rows * layout.columns),
        ]
    )


def sine_cosine(positions: Tensor, width: int) -> Tensor:
    """Sine and cosine of positions at frequencies 10000^(-i / (2 width)), i = 0 .. width/2 - 1.

    The exponent is half of the usual one, as in the released models: frequencies span 1 to 0.1 only.

    Args:
        positions: ``[P]``.
        width: width of the encoding.

    Returns:
        float32 ``[P, width]``, all sines first.
    """
    omega = 10000.0 ** (-torch.arange(width // 2, dtype=torch.float64) / width / 2)
    angles = positions.double()[:, None] * omega
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


def month_table(width: int) -> Tensor:
    """The place of each month on the circle of the year, float32 ``[12, width]``: one sine and one cosine, repeated."""
    angles = torch.arange(MONTHS, dtype=torch.float64)[:, None] * (2 * math.pi / MONTHS)
    half = width // 2
    return torch.cat([angles.sin().expand(-1, half), angles.cos().expand(-1, half)], dim=1).float()


def space_table(layout: TokenLayout, width: int, grid_gsd: float) -> Tensor:
    """Encodings of the patches of a window and a row of zeros, float32 ``[rows * columns + 1, width]``.

    The first half encodes the column, the second the row, both in units of 10 m.
    """
    step = grid_gsd * layout.patch_size / 10.0
    across = sine_cosine(torch.arange(layout.columns) * step, width // 2)
    down = sine_cosine(torch.arange(layout.rows) * step, width // 2)
    grid = torch.cat([across[None].expand(layout.rows, -1, -1), down[:, None].expand(-1, layout.columns, -1)], dim=2)
    return pad(grid.flatten(0, 1), (0, 0, 0, 1))
