"""From the batches of our loader to tokens of Galileo."""

from collections.abc import Mapping
from copy import deepcopy
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock, TokenLayout
from spacenit_core.samples.visibility import ENCODE
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_galileo.bands import GROUPS, SENSORS, STATISTICS, Group
from spacenit_galileo.layers import PatchEmbedding
from spacenit_galileo.network import GalileoEncoder
from spacenit_galileo.positions import ground_positions

_PRETRAINED = {group.name: (number, group) for number, group in enumerate(GROUPS["space_time"])}


class TokenEmbedding(nn.Module):
    """Embeds every band group of some sensors: Galileo's groups by its weights, others by new ones.

    Args:
        sensors: the sensors.
        trained: whose weights are copied.
    """

    def __init__(self, sensors: SensorSet, trained: GalileoEncoder) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({spec.name: _layers(spec, trained) for spec in sensors})
        self.channels = {spec.name: tuple(_channels(spec, bands) for bands in spec.token_groups) for spec in sensors}
        for spec in sensors:
            scale, offset = (torch.from_numpy(part).float() for part in rescaling(spec))
            self.register_buffer(f"{spec.name}_scale", scale, persistent=False)
            self.register_buffer(f"{spec.name}_offset", offset, persistent=False)

    def forward(
        self, batch: Batch, visibility: Tensor, patches: None = None, exits: Mapping[str, int] | None = None
    ) -> EncodedTokens:
        """Embed the tokens whose visibility is ENCODE, without anything added.

        Args:
            batch: B windows.
            visibility: uint8 ``[V, B, N]`` or ``[B, N]``.
            patches: nothing.
            exits: 0 for every sensor: there are no blocks.
        """
        encode = (visibility == ENCODE).reshape(-1, visibility.shape[-1])
        selection = TokenSelection(encode, batch.device)
        wanted = encode.any(dim=0)
        dense = [self._embedded(block, batch, bool(wanted[block.tokens].any())) for block in batch.layout.blocks]
        packed = torch.cat(dense, dim=1)[selection.samples(len(batch)), selection.position]
        return EncodedTokens(packed, selection)

    def _embedded(self, block: SensorBlock, batch: Batch, wanted: bool) -> Tensor:
        """All tokens of a sensor, ``[B, rows * columns * steps * groups, D]``; 0 where none of them is wanted."""
        spec = block.sensor
        layers = cast(nn.ModuleList, self.layers[spec.name])
        if not wanted:
            width = next(layers.parameters()).shape[0]
            return batch.pixels[spec.name].new_zeros(len(batch), block.stop - block.start, width)
        scale, offset = (self.get_buffer(f"{spec.name}_{part}") for part in ("scale", "offset"))
        pixels = batch.pixels[spec.name] * scale + offset
        tokens = []
        for layer, channels in zip(layers, self.channels[spec.name], strict=True):
            given = pixels[..., list(channels)]
            made = layer(given, batch.layout.patch_size * spec.pixels_per_cell) if spec.spatial else layer(given)
            tokens.append(made.reshape(len(batch), *block.shape[:3], -1))
        return torch.stack(tokens, dim=4).flatten(1, 4)


class TokenEncodings(nn.Module):
    """What is added to tokens: channel, place in the series, month and place on the ground.

    Args:
        sensors: the sensors.
        trained: whose weights and tables are copied.
    """

    pos_embed: Tensor

    def __init__(self, sensors: SensorSet, trained: GalileoEncoder) -> None:
        super().__init__()
        self.part = trained.part
        known = trained.get_parameter("s_t_channel_embed").detach()
        self.channel = nn.ParameterDict(
            {
                spec.name: nn.Parameter(torch.stack([_channel(spec, bands, known) for bands in spec.token_groups]))
                for spec in sensors
            }
        )
        self.register_buffer("pos_embed", trained.pos_embed.clone())
        self.month_embed = deepcopy(trained.month_embed)

    def forward(self, batch: Batch, selection: TokenSelection) -> Tensor:
        """For each of the selected tokens, ``[M, D]``."""
        dense = torch.cat([self._of_sensor(block, batch) for block in batch.layout.blocks], dim=1)
        return dense[selection.samples(len(batch)), selection.position]

    def _of_sensor(self, block: SensorBlock, batch: Batch) -> Tensor:
        spec, size, layout = block.sensor, len(batch), batch.layout
        channel = self.channel[spec.name]
        parts = [channel, *(channel.new_zeros(self.part) for _ in range(3))]
        if spec.temporal:
            parts[1] = self.pos_embed[: block.timesteps, None]
            parts[2] = self.month_embed(batch.timestamps[..., 1])[:, None, None, :, None]
        if spec.spatial:
            metres = layout.patch_size * batch.grid_gsd
            ground = ground_positions(block.rows, block.columns, metres, self.part, channel.device)
            parts[3] = ground[None, :, :, None, None]
        shape = (size, *block.shape)
        return torch.cat([part.expand(*shape, -1) for part in parts], dim=-1).flatten(1, 4)


def rescaling(spec: SensorSpec) -> tuple[np.ndarray, np.ndarray]:
    """What takes pixels that our statistics normalised to those that Galileo's do, float64 ``[C]`` each.

    Bands without statistics of Galileo stay as they are.
    """
    scale, offset = np.ones(len(spec.bands)), np.zeros(len(spec.bands))
    if spec.name in SENSORS and spec.normalization is not None:
        ours = spec.normalization.scale_and_offset()
        for channel, band in enumerate(spec.bands):
            if band in STATISTICS:
                mean, deviation = STATISTICS[band]
                scale[channel] = 1 / (ours[0][channel] * 4 * deviation)
                offset[channel] = -(ours[1][channel] / ours[0][channel] + mean - 2 * deviation) / (4 * deviation)
    return scale, offset


def check_groups(sensors: SensorSet) -> None:
    """Refuse tokens that are not of Galileo's groups, for which its weights would be of no use.

    Raises:
        UserError: where a sensor that Galileo knows lacks a token of one of its groups.
    """
    for spec in sensors:
        wanted = [_PRETRAINED[name][1].bands for name in SENSORS[spec.name][1]] if spec.name in SENSORS else []
        tokens = [set(bands) for bands in spec.token_groups]
        if any(set(bands) not in tokens for bands in wanted):
            groups = ",".join(f"[{','.join(bands)}]" for bands in wanted)
            raise UserError(
                f"galileo embeds {spec.name} by other groups of bands than these tokens are of",
                f"add the patch galileo_groups, or --band_groups.{spec.name}=[{groups}]",
            )


def check_layout(layout: TokenLayout, smallest: int, largest: int, longest: int) -> None:
    """Refuse batches that the encoder was not made for.

    Raises:
        UserError: for other patches or longer series.
    """
    if not smallest <= layout.patch_size <= largest:
        raise UserError(
            f"patches of {layout.patch_size} cells were given to an encoder for {smallest} to {largest}",
            "change the loader's min_patch_size and max_patch_size, or the encoder's",
        )
    if layout.timesteps > longest:
        raise UserError(
            f"windows of {layout.timesteps} steps were given to an encoder for at most {longest}",
            "raise the encoder's max_sequence_length, or cut the windows in time",
        )


def _pretrained(spec: SensorSpec, bands: tuple[str, ...]) -> tuple[int, Group] | None:
    """The group of Galileo that a token is of, with its number; None where it has none."""
    names = SENSORS[spec.name][1] if spec.name in SENSORS else ()
    return next((_PRETRAINED[name] for name in names if set(_PRETRAINED[name][1].bands) == set(bands)), None)


def _layers(spec: SensorSpec, trained: GalileoEncoder) -> nn.ModuleList:
    layers: list[nn.Module] = []
    for bands in spec.token_groups:
        found = _pretrained(spec, bands)
        if found is not None:
            layers.append(deepcopy(trained.get_submodule(f"space_time_embed.{found[1].name}")))
        elif spec.spatial:
            largest = trained.max_patch_size * spec.pixels_per_cell
            layers.append(PatchEmbedding(len(bands), trained.embedding_size, largest))
        else:
            layers.append(nn.Linear(len(bands), trained.embedding_size))
    return nn.ModuleList(layers)


def _channels(spec: SensorSpec, bands: tuple[str, ...]) -> tuple[int, ...]:
    """Which channels of the pixels a token is made of, in the order of its weights."""
    found = _pretrained(spec, bands)
    return tuple(spec.bands.index(band) for band in (bands if found is None else found[1].bands))


def _channel(spec: SensorSpec, bands: tuple[str, ...], known: Tensor) -> Tensor:
    found = _pretrained(spec, bands)
    return torch.randn(known.shape[1]) * 0.02 if found is None else known[found[0]].clone()
