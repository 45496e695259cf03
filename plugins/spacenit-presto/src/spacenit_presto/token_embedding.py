"""From the batches of our loader to tokens of Presto."""

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
from spacenit_presto.bands import GROUPS, SCALING, SENSORS
from spacenit_presto.network import PrestoEncoder


class TokenEmbedding(nn.Module):
    """Embeds every band group of some sensors: Presto's groups by its weights, others by new ones.

    Args:
        sensors: the sensors.
        trained: whose weights are copied.
    """

    def __init__(self, sensors: SensorSet, trained: PrestoEncoder) -> None:
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
        if spec.spatial:
            side = spec.pixels_per_cell
            cut = pixels.reshape(len(batch), block.rows, side, block.columns, side, block.timesteps, -1)
            pixels = cut.mean(dim=(2, 4))
        tokens = [
            layer(pixels[..., list(channels)]).reshape(len(batch), *block.shape[:3], -1)
            for layer, channels in zip(layers, self.channels[spec.name], strict=True)
        ]
        return torch.stack(tokens, dim=4).flatten(1, 4)


class TokenEncodings(nn.Module):
    """What is added to tokens: month, channel and place in the series.

    Args:
        sensors: the sensors.
        trained: whose weights and tables are copied.
    """

    pos_embed: Tensor

    def __init__(self, sensors: SensorSet, trained: PrestoEncoder) -> None:
        super().__init__()
        known = trained.channel_embed.weight.detach()
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
        channel = self.channel[block.sensor.name]
        month, place = channel.new_zeros(channel.shape[1]), channel.new_zeros(self.pos_embed.shape[2])
        if block.sensor.temporal:
            month = self.month_embed(batch.timestamps[..., 1])[:, None, None, :, None]
            place = self.pos_embed[0, : block.timesteps, None]
        parts = [part.expand(len(batch), *block.shape, -1) for part in (month, channel, place)]
        return torch.cat(parts, dim=-1).flatten(1, 4)


def rescaling(spec: SensorSpec) -> tuple[np.ndarray, np.ndarray]:
    """What takes pixels that our statistics normalised to those that Presto's numbers scale, float64 ``[C]`` each.

    Sensors that Presto does not know stay as they are.
    """
    if spec.name not in SENSORS or spec.normalization is None:
        return np.ones(len(spec.bands)), np.zeros(len(spec.bands))
    ours, added = spec.normalization.scale_and_offset()
    plus, over = SCALING[SENSORS[spec.name][0]]
    return 1 / (ours * over), (plus - added / ours) / over


def check_groups(sensors: SensorSet) -> None:
    """Refuse tokens that are not of Presto's groups, for which its weights would be of no use.

    Raises:
        UserError: where a sensor that Presto knows lacks a token of one of its groups.
    """
    for spec in sensors:
        wanted = [GROUPS[name] for name in SENSORS[spec.name][1]] if spec.name in SENSORS else []
        tokens = [set(bands) for bands in spec.token_groups]
        if any(set(bands) not in tokens for bands in wanted):
            groups = ",".join(f"[{','.join(bands)}]" for bands in wanted)
            raise UserError(
                f"presto embeds {spec.name} by other groups of bands than these tokens are of",
                f"add the patch presto_series, or --band_groups.{spec.name}=[{groups}]",
            )


def check_layout(layout: TokenLayout, longest: int) -> None:
    """Refuse batches that the encoder was not made for.

    Raises:
        UserError: for other patches or longer series.
    """
    if layout.patch_size != 1:
        raise UserError(
            f"patches of {layout.patch_size} cells were given to presto, which takes single cells",
            "add the patch presto_series, or --data_loader.max_patch_size=1",
        )
    if layout.timesteps > longest:
        raise UserError(
            f"windows of {layout.timesteps} steps were given to an encoder for at most {longest}",
            "raise the encoder's max_sequence_length, or cut the windows in time",
        )


def _pretrained(spec: SensorSpec, bands: tuple[str, ...]) -> str | None:
    """The group of Presto that a token is of; None where it has none."""
    names = SENSORS[spec.name][1] if spec.name in SENSORS else ()
    return next((name for name in names if set(GROUPS[name]) == set(bands)), None)


def _layers(spec: SensorSpec, trained: PrestoEncoder) -> nn.ModuleList:
    layers: list[nn.Module] = []
    for bands in spec.token_groups:
        name = _pretrained(spec, bands)
        new = name is None
        layers.append(
            nn.Linear(len(bands), trained.embedding_size) if new else deepcopy(trained.eo_patch_embed[str(name)])
        )
    return nn.ModuleList(layers)


def _channels(spec: SensorSpec, bands: tuple[str, ...]) -> tuple[int, ...]:
    """Which channels of the pixels a token is made of, in the order of its weights."""
    name = _pretrained(spec, bands)
    return tuple(spec.bands.index(band) for band in (bands if name is None else GROUPS[name]))


def _channel(spec: SensorSpec, bands: tuple[str, ...], known: Tensor) -> Tensor:
    name = _pretrained(spec, bands)
    return torch.randn(known.shape[1]) if name is None else known[list(GROUPS).index(name)].clone()
