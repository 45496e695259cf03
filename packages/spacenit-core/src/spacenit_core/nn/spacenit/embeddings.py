"""What is added to the embedded patches, and the learned tokens that stand before those of each sensor."""

import math

import torch
from torch import Tensor, nn

from spacenit_core.nn.sequences import Sequences, TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.transfer import send
from spacenit_core.sensors.selection import SensorSet

MONTHS = 12

_STD = 0.02
"""Standard deviation of learned vectors at the start."""


class SensorVectors(nn.Module):
    """One learned vector per sensor.

    Args:
        sensors: the sensors.
        size: width of the vectors.
    """

    def __init__(self, sensors: SensorSet, size: int) -> None:
        super().__init__()
        self.vectors = nn.ParameterDict({spec.name: nn.Parameter(torch.randn(size) * _STD) for spec in sensors})

    def forward(self, layout: TokenLayout) -> Tensor:
        """The vectors of a layout's sensors, in its order, ``[K, size]``."""
        return torch.stack([self.vectors[name] for name in layout.sensor_names])


class MonthEmbedding(nn.Module):
    """The place of a time step's month on the circle of the year, projected; nothing for tokens without time.

    Args:
        size: width of the tokens.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.projection = nn.Linear(2, size, bias=False)

    def forward(self, batch: Batch, tokens: TokenSelection) -> Tensor:
        """What to add to some tokens of a batch, ``[M, size]``."""
        layout = batch.layout
        temporal = torch.tensor([block.sensor.temporal for block in layout.blocks])[
            torch.from_numpy(layout.sensor).long()
        ]
        columns = torch.stack([torch.from_numpy(layout.time).long(), temporal.long()])
        step, dated = send(columns, tokens.position.device)[:, tokens.position]
        month = batch.timestamps[:, :, 1][tokens.samples(len(batch)), step]
        angle = month.float() * (2 * math.pi / MONTHS)
        return self.projection(torch.stack([angle.sin(), angle.cos()], dim=1) * dated[:, None])


class TypedSequences:
    """Sequences with one more token before those of each sensor that a sequence has.

    Args:
        tokens: the M tokens; those of a sensor stand together, in the order of the layout's sensors.
        layout: the layout that they are from.

    Attributes:
        sequences: the sequences with these tokens.
    """

    def __init__(self, tokens: TokenSelection, layout: TokenLayout) -> None:
        device, tokens = tokens.position.device, tokens.on_host
        before = tokens.sequences
        sensor = torch.from_numpy(layout.sensor).long()[tokens.position]
        number = len(layout.blocks)
        per_sensor = torch.bincount(before.number * number + sensor, minlength=len(before) * number)
        per_sensor = per_sensor.unflatten(0, (len(before), number))
        present = per_sensor > 0
        kinds = present.cumsum(1)
        counts = before.counts + present.sum(1)
        self.sequences = Sequences(counts, device)
        first = counts.cumsum(0) - counts
        index = first[before.number] + before.slot + kinds[before.number, sensor]
        earlier = per_sensor.cumsum(1) - per_sensor + kinds - 1
        row, kind = present.nonzero().unbind(1)
        indices = index, kind, first[row] + earlier[row, kind]
        self._place, self._kind, self._type_place = (send(index, device) for index in indices)

    def join(self, tokens: Tensor, types: Tensor) -> Tensor:
        """Tokens ``[M, ...]`` with those of the sensors, given one for each, ``[K, ...]``."""
        out = tokens.new_zeros((self.sequences.total, *tokens.shape[1:])).index_copy(0, self._place, tokens)
        return out.index_copy(0, self._type_place, types.to(tokens.dtype)[self._kind])

    def leave(self, tokens: Tensor) -> Tensor:
        """From tokens with those of the sensors back to the M tokens, ``[M, ...]``."""
        return tokens.index_select(0, self._place)
