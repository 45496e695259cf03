"""An encoder for windows of one shape in which nothing is missing: no choice depends on what the pixels are."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from spacenit_core.errors import UserError
from spacenit_core.exporters.fixed_shape import FixedShape
from spacenit_core.nn.attention.modules import Attention
from spacenit_core.nn.encoder import Encoder
from spacenit_core.nn.extra_tokens import ExtraTokens
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.sequences import Sequences, TokenSelection
from spacenit_core.pretrained.model import PretrainedModel
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock, TokenLayout
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.stored import stored


class DenseAttention:
    """Attention of sequences that are all of one length; implements `AttentionBackend`."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """Attend without a mask, ``[Mq, heads, width]``: all sequences are equally long."""
        parts = zip((query, key, value), (queries, keys, keys), strict=True)
        q, k, v = (tokens.unflatten(0, (len(of), -1)).transpose(1, 2) for tokens, of in parts)
        return scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(0, 1)


class DenseEncoder(nn.Module):
    """The same arithmetic as the encoder's for a full window, as a function of tensors alone.

    Args:
        model: the model; its encoder is copied.
        shape: what it is made for.

    Attributes:
        sensors: the sensors that it takes, in the order of its inputs and outputs.

    Raises:
        UserError: for another encoder than `olmoearth`, and for a shape that it cannot take.
    """

    def __init__(self, model: PretrainedModel, shape: FixedShape) -> None:
        super().__init__()
        encoder = model.encoder_module
        if not isinstance(encoder, Encoder):
            raise UserError("graphs are made of encoders 'olmoearth' only", "choose --plugin exporter=safetensors")
        self.sensors = _chosen(model.sensors, shape.sensors)
        self.encoder = _copied(encoder)
        self._shape = shape
        self._layout = _layout(self.sensors, shape)
        # Everything that the arithmetic looks up is made here once, so that a graph holds it as constants.
        self._selection = TokenSelection(torch.ones(shape.batch_size, len(self._layout), dtype=torch.bool))
        self._extra = ExtraTokens(self._selection.sequences, encoder.config.num_register_tokens, None)
        self._affine = nn.ParameterList()
        for spec in self.sensors:
            pair = _identity(len(spec.bands)) if shape.normalized else _normalization(spec)
            self._affine.append(nn.Parameter(pair, requires_grad=False))
        self.eval().requires_grad_(False)
        self(*self.example())

    def example(self) -> tuple[Tensor, ...]:
        """Inputs of the right shapes: the sensors' pixels, then timestamps."""
        size, samples = self._shape, self._shape.batch_size
        shapes = [spec.shape(size.height, size.width, size.steps) for spec in self.sensors]
        dates = torch.tensor([1, 0, 2020]).expand(samples, size.steps, 3).clone()
        return (*(torch.zeros(samples, *shape) for shape in shapes), dates)

    def described(self) -> dict[str, Any]:
        """What the inputs and outputs are, in JSON values."""
        *pixels, dates = self.example()
        inputs = {
            spec.name: {"shape": list(values.shape), "bands": list(spec.bands), "dtype": "float32"}
            for spec, values in zip(self.sensors, pixels, strict=True)
        }
        return {
            "inputs": {**inputs, "timestamps": {"shape": list(dates.shape), "dtype": "int64"}},
            "outputs": {
                block.sensor.name: {"shape": [self._shape.batch_size, *block.shape, self.encoder.embedding_size]}
                for block in self._layout.blocks
            },
            "sensors": stored(self.sensors),
            "values": "normalised" if self._shape.normalized else "stored",
            "patch_size": self._shape.patch_size,
        }

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Encode.

        Args:
            inputs: each sensor's pixels (see `GeoSample.bands`; float32, nothing missing), then timestamps
                int64 ``[B, T, 3]``.

        Returns:
            Each sensor's tokens, ``[B, h, w, T, groups, D]``.
        """
        *pixels, dates = inputs
        normalized = [values * affine[0] + affine[1] for values, affine in zip(pixels, self._affine, strict=True)]
        batch = Batch(
            pixels=dict(zip(self.sensors.names, normalized, strict=True)),
            timestamps=dates,
            layout=self._layout,
            visibility=dates.new_zeros((1, len(dates), len(self._layout)), dtype=torch.uint8),
            grid_gsd=self.sensors.grid_gsd,
        )
        tokens = self._encode(batch).unflatten(0, (len(dates), -1))
        return tuple(tokens[:, block.tokens].unflatten(1, block.shape) for block in self._layout.blocks)

    def _encode(self, batch: Batch) -> Tensor:
        encoder, selection, extra = self.encoder, self._selection, self._extra
        x = self._embedded(batch) + encoder.encodings(batch, selection)
        x = extra.join(x, encoder.register_tokens)
        positions = None
        if encoder.rotary is not None:
            positions = encoder.rotary.positions(extra.join(encoder.rotary.coordinates(batch, selection)))
        for block in encoder.blocks:
            x = block(x, extra.sequences, positions)
        x = encoder.norm(extra.leave(x))
        return x if encoder.output_projection is None else encoder.output_projection(x)

    def _embedded(self, batch: Batch) -> Tensor:
        """The embedded tokens of all samples, ``[B * N, D]``."""
        patches = self.encoder.patches(batch)
        sensors = []
        for block in self._layout.blocks:
            groups = [self._group(patches, block, group) for group in range(block.groups)]
            sensors.append(torch.stack(groups, dim=1).flatten(0, 1).unflatten(0, (len(batch), -1)))
        return torch.cat(sensors, dim=1).flatten(0, 1)

    def _group(self, patches: Patches, block: SensorBlock, group: int) -> Tensor:
        row = torch.arange(self._shape.batch_size * block.rows * block.columns * block.timesteps)
        return self.encoder.patch_embedding.embed_patches(patches, block, group, row)


def _copied(encoder: Encoder) -> Encoder:
    copied = deepcopy(encoder).cpu()
    for module in copied.modules():
        if isinstance(module, Attention):
            module.backend = DenseAttention()
    return copied


def _chosen(sensors: SensorSet, names: tuple[str, ...]) -> SensorSet:
    unknown = [name for name in names if name not in sensors]
    if unknown:
        raise UserError(f"the model was not made for {', '.join(unknown)}", f"it takes {', '.join(sensors.names)}")
    return SensorSet(tuple(spec for spec in sensors if not names or spec.name in names))


def _layout(sensors: SensorSet, shape: FixedShape) -> TokenLayout:
    if shape.height % shape.patch_size or shape.width % shape.patch_size:
        raise UserError(
            f"windows of {shape.height} x {shape.width} cells cannot be cut into patches of {shape.patch_size}",
            "choose --exporter.height and --exporter.width as multiples of --exporter.patch_size",
        )
    return TokenLayout.of(
        sensors,
        rows=shape.height // shape.patch_size,
        columns=shape.width // shape.patch_size,
        timesteps=shape.steps,
        patch_size=shape.patch_size,
    )


def _identity(bands: int) -> Tensor:
    return torch.stack([torch.ones(bands), torch.zeros(bands)])


def _normalization(spec: Any) -> Tensor:
    """Scale and offset, float32 ``[2, C]``."""
    if spec.normalization is None:
        raise UserError(f"sensor {spec.name} has no statistics", "give --exporter.normalized=true")
    return torch.stack([torch.from_numpy(vector).float() for vector in spec.normalization.scale_and_offset()])
