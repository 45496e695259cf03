"""From patches to tokens: one linear projection per sensor and band group (FlexiViT, arXiv:2212.08013)."""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.nn.patches import Patches
from spacenit_core.samples.layout import SensorBlock, TokenLayout
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec


class PatchEmbedding(nn.Module):
    """Project the pixels of a patch, after the whole window was resized to the base patch size.

    A weight is ``[D, bands * side * side]``: a convolution whose kernel is its stride, flattened.

    Args:
        sensors: the sensors.
        size: width of the tokens.
        cells: cells along one side of the base patch.
    """

    def __init__(self, sensors: SensorSet, size: int, cells: int) -> None:
        super().__init__()
        self.sensors = sensors
        self.projections = nn.ModuleDict(
            {
                _key(spec, number): nn.Linear(len(bands) * _pixels(spec, cells), size)
                for spec in sensors
                for number, bands in enumerate(spec.token_groups)
            }
        )

    def forward(self, patches: Patches, wanted: Tensor) -> "EmbeddedTokens":
        """Embed some tokens of a batch, each once.

        Args:
            patches: the batch's patches.
            wanted: bool ``[B, N]``, the tokens to embed.

        Raises:
            UserError: for a sensor that the embedding was not made for.
        """
        layout = patches.batch.layout
        # Token by token in the order of band groups, so that each projection sees one run of them.
        order = torch.from_numpy(np.argsort(layout.band_set, kind="stable")).to(wanted.device)
        by_group = wanted.T[order]
        token, sample = by_group.nonzero().unbind(1)
        ends = np.cumsum(np.bincount(layout.band_set, minlength=len(layout.band_set_sensor)))
        counted = by_group.sum(1).cumsum(0)[torch.from_numpy(ends - 1).to(wanted.device)].tolist()
        token = order[token]
        values, start = [], 0
        for block, group, stop in zip(*_groups(layout), counted, strict=True):
            values.append(self._project(patches, block, group, token[start:stop], sample[start:stop]))
            start = stop
        place = torch.zeros_like(wanted, dtype=torch.int64)
        place[sample, token] = torch.arange(len(token), device=wanted.device)
        return EmbeddedTokens(torch.cat(values), place)

    def _project(self, patches: Patches, block: SensorBlock, group: int, token: Tensor, sample: Tensor) -> Tensor:
        if block.sensor.name not in self.sensors:
            known = ", ".join(self.sensors.names)
            raise UserError(f"the model was not made for sensor {block.sensor.name!r}", f"it takes {known}")
        projection = cast(nn.Linear, self.projections[_key(block.sensor, group)])
        if not len(token):
            # An empty product keeps the weights in the graph: their gradient is 0 rather than absent.
            return projection(projection.weight.new_zeros((0, projection.in_features)))
        channels = block.sensor.group_channels[group]
        features = _channels(patches.features(block), channels).flatten(1)
        per_sample = block.rows * block.columns * block.steps
        row = sample * per_sample + torch.div(token - block.start, block.groups, rounding_mode="floor")
        return projection(features.index_select(0, row))


class EmbeddedTokens:
    """Embedded tokens of a batch, in no particular order.

    Args:
        values: ``[U, D]``.
        place: int64 ``[B, N]``: where among the U a token lies (0 for tokens that were not embedded).
    """

    def __init__(self, values: Tensor, place: Tensor) -> None:
        self.values = values
        self._place = place

    def take(self, sample: Tensor, position: Tensor) -> Tensor:
        """The tokens at int64 ``[M]`` samples and positions, ``[M, D]``; they must be among the embedded ones."""
        return self.values.index_select(0, self._place[sample, position])


def _key(sensor: SensorSpec, group: int) -> str:
    return f"{sensor.name}__{group}"


def _channels(features: Tensor, channels: tuple[int, ...]) -> Tensor:
    """Some channels of ``[R, C, P]``; a view where they follow each other."""
    if channels == tuple(range(channels[0], channels[0] + len(channels))):
        return features[:, channels[0] : channels[0] + len(channels)]
    return features[:, list(channels)]


def _pixels(sensor: SensorSpec, cells: int) -> int:
    return (cells * sensor.pixels_per_cell) ** 2 if sensor.spatial else 1


def _groups(layout: TokenLayout) -> tuple[list[SensorBlock], list[int]]:
    pairs = [(block, group) for block in layout.blocks for group in range(block.groups)]
    return [block for block, _ in pairs], [group for _, group in pairs]
