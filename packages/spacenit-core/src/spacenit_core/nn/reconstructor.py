"""From tokens back to pixels: a predictor, and one projection per sensor and band group (masked autoencoders)."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_core.nn.resize import resize
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock
from spacenit_core.samples.transfer import send
from spacenit_core.sensors.selection import SensorSet


class Reconstructor(nn.Module):
    """Predict the tokens to decode and make their pixels of them (arXiv:2111.06377).

    Args:
        config: sizes.
        sensors: the sensors of the model.
        encoder_size: width of the encoded tokens.
        max_timesteps: most time steps of a window.
        attention: the attention backend.

    Attributes:
        decoder: the predictor, `decoder` of the reference's reconstructor.
        projections: from a token of sensor S and band group G, under ``S__G``, to its pixels; the reference's
            ``per_modality_reconstructions.S.S__G.proj``, of sensors without a grid without ``.proj``.
    """

    def __init__(
        self,
        config: ReconstructorConfig,
        sensors: SensorSet,
        *,
        encoder_size: int,
        max_timesteps: int,
        attention: AttentionConfig,
    ) -> None:
        super().__init__()
        self.decoder = config.decoder.build(
            sensors, encoder_size=encoder_size, max_timesteps=max_timesteps, attention=attention
        )
        size = self.decoder.output_size
        self.projections = nn.ModuleDict()
        for spec in sensors:
            for group, bands in enumerate(spec.token_groups):
                side = config.max_patch_size * spec.pixels_per_cell
                layer = PatchToPixels(size, len(bands), side) if spec.spatial else nn.Linear(size, len(bands))
                self.projections[f"{spec.name}__{group}"] = layer

    def forward(
        self, batch: Batch, visibility: Tensor, encoded: EncodedTokens, *, reconstruct_all: bool = False
    ) -> dict[str, Tensor]:
        """Reconstruct the pixels of the patches whose visibility is DECODE.

        Args:
            batch: B windows; their pixels are not read.
            visibility: uint8 ``[B, N]`` or ``[V, B, N]``, as given to the encoder.
            encoded: what the encoder returned.
            reconstruct_all: whether to reconstruct the other patches as well: the encoded ones from what the decoder is
                given of them, the rest from a token that is the same for all.

        Returns:
            Sensor name -> float ``[S, H*k, W*k, T, C]``, ``[S, T, C]`` without a grid or ``[S, C]`` without time, for
            the S = B samples or the S = V * B samples of the views. Channels are in the sensor's order. 0 where nothing
            was reconstructed, and for bands that are in no group.
        """
        tokens, selection = self.decoder(batch, visibility, encoded)
        sequence, position = selection.sequences.number, selection.position
        samples = len(selection.sequences)
        if reconstruct_all:
            dense = self.decoder.unpredicted(batch, encoded).flatten(0, 1)
            tokens = dense.index_copy(0, sequence * len(batch.layout) + position, tokens)
            number = torch.arange(len(tokens), device=tokens.device)
            sequence, position = number // len(batch.layout), number % len(batch.layout)
        bands_of = torch.from_numpy(batch.layout.band_set).long()
        band_set = send(bands_of, tokens.device)[position]
        order = band_set.argsort(stable=True)
        known = bands_of.repeat(samples) if reconstruct_all else bands_of[selection.on_host.position]
        counts = known.bincount(minlength=len(batch.layout.band_set_sensor)).tolist()
        parts = iter(order.split(counts))
        made = {}
        for block in batch.layout.blocks:
            groups = []
            for group, part in zip(range(block.groups), parts, strict=False):
                row = sequence[part] * (block.rows * block.columns * block.timesteps)
                row += torch.div(position[part] - block.start, block.groups, rounding_mode="floor")
                groups.append(self._patches(tokens[part], row, block, group, samples, batch.layout.patch_size))
            made[block.sensor.name] = _joined(groups, block, samples)
        return made

    def _patches(
        self, tokens: Tensor, row: Tensor, block: SensorBlock, group: int, samples: int, patch_size: int
    ) -> Tensor:
        """The pixels of one band group, ``[S * rows * columns * steps, bands, pixels]``; 0 without a token."""
        layer = self.projections[f"{block.sensor.name}__{group}"]
        if isinstance(layer, PatchToPixels):
            values = layer(tokens, patch_size * block.sensor.pixels_per_cell)
        else:
            values = layer(tokens)[:, :, None]
        positions = samples * block.rows * block.columns * block.timesteps
        return values.new_zeros((positions, *values.shape[1:])).index_copy(0, row, values)


class PatchToPixels(nn.Module):
    """From a token to the pixels of its patch, resized from the base patch size (bicubic, antialiased, patch by patch).

    The resizing is linear and the same for all patches, so it is the weight that is resized.

    Args:
        size: width of the tokens.
        bands: bands to make.
        side: pixels along one side of the base patch.

    Attributes:
        weight: ``[bands, side * side, size]``; the reference's transposed convolution: ``[size, bands, side, side]``.
        bias: ``[bands]``.
    """

    def __init__(self, size: int, bands: int, side: int) -> None:
        super().__init__()
        self.side = side
        bound = 1 / math.sqrt(bands * side * side)
        self.weight = nn.Parameter(torch.empty(bands, side * side, size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(bands).uniform_(-bound, bound))

    def forward(self, tokens: Tensor, side: int) -> Tensor:
        """From ``[M, size]`` to ``[M, bands, side * side]``."""
        weight: Tensor = self.weight
        if side != self.side:
            weight = resize(weight.unflatten(1, (self.side, self.side)), side, side).flatten(1, 2)
        # The weights of a row of pixels sum up to 1 in resizing, so the bias stays what it is.
        flat = linear(tokens, weight.flatten(0, 1), self.bias.repeat_interleave(side * side))
        return flat.unflatten(1, weight.shape[:2])


def _joined(groups: list[Tensor], block: SensorBlock, samples: int) -> Tensor:
    """From the patches of a sensor's band groups to images, in the form of `Batch.pixels`."""
    pixels, spec = torch.cat(groups, dim=1), block.sensor
    made = [channel for group in spec.group_channels for channel in group]
    if made != list(range(len(spec.bands))):
        source = [made.index(channel) if channel in made else len(made) for channel in range(len(spec.bands))]
        nothing = pixels.new_zeros((len(pixels), 1, pixels.shape[2]))
        pixels = torch.cat([pixels, nothing], dim=1).index_select(1, send(torch.tensor(source), pixels.device))
    if not spec.spatial:
        return pixels.reshape(samples, *spec.shape(1, 1, block.timesteps))
    side = math.isqrt(pixels.shape[2])
    grid = pixels.view(samples, block.rows, block.columns, block.timesteps, len(spec.bands), side, side)
    return grid.permute(0, 1, 5, 2, 6, 3, 4).reshape(
        samples, block.rows * side, block.columns * side, block.timesteps, len(spec.bands)
    )
