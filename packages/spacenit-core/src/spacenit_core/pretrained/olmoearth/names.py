"""Between the names and shapes of our weights and those of OlmoEarth Pretrain."""

import math
import re
from collections.abc import Mapping
from typing import Final

import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.encodings import month_table
from spacenit_core.sensors.selection import SensorSet

_EMBEDDING: Final = r".patch_embeddings.per_modality_embeddings.\1.\1__\2"

_RENAMED: Final = (
    (r"^target\.", "target_encoder."),
    (r"\.patch_embedding\.projections\.(\w+?)__(\d+)\.", rf"{_EMBEDDING}.proj."),
    (r"\.patch_embedding\.pixel_projections\.(\w+?)__(\d+)\.", rf"{_EMBEDDING}.pixel_proj."),
    (r"\.patch_embedding\.post_projections\.(\w+?)__(\d+)\.", rf"{_EMBEDDING}.post_proj."),
    (r"^reconstructor\.projections\.(\w+?)__(\d+)\.", r"reconstructor.per_modality_reconstructions.\1.\1__\2.proj."),
    (r"\.encodings\.channel\.", ".composite_encodings.per_modality_channel_embeddings."),
    (r"^(encoder|target_encoder)\.projection\.layers\.", r"\1.project_and_aggregate.projection."),
    (r"^(encoder|target_encoder)\.output_projection\.", r"\1.embedding_projector.projection.0."),
    (r"\.input_projection\.", ".encoder_to_decoder_embed."),
    (r"\.output_projection\.", ".to_output_embed."),
)
"""Patterns of our names and what stands there in theirs, applied one after the other."""

_STACKED: Final = re.compile(r"\.attn\.(qkv|kv)\.")
"""Matrices that we keep one below the other."""

_PROJECTION: Final = re.compile(r"\.per_modality_embeddings\.(\w+)\.\w+\.proj\.(weight|bias)$")

_RECONSTRUCTION: Final = re.compile(r"\.per_modality_reconstructions\.(\w+)\.\w+\.proj\.(weight|bias)$")

_CHANNEL: Final = re.compile(r"^(.*\.composite_encodings\.)per_modality_channel_embeddings\.\w+$")

LEGACY: Final = re.compile(r"\.composite_encodings\.pos_embed$")
"""Tensors of old files that nothing reads."""


@frozen
class WeightMap:
    """Converts the weights of one model.

    Attributes:
        sensors: its sensors.
        encoder: its encoder's config.
    """

    sensors: SensorSet
    encoder: OlmoEarthEncoderConfig

    def reference_names(self, name: str) -> tuple[str, ...]:
        """Their names for one of our tensors; more than one where ours stacks them along the first axis."""
        for pattern, replacement in _RENAMED:
            name = re.sub(pattern, replacement, name)
        found = _PROJECTION.search(name) or _RECONSTRUCTION.search(name)
        if found is not None and not self.sensors[found[1]].spatial:
            return (name.replace(".proj.", "."),)
        stacked = _STACKED.search(name)
        if stacked is None:
            return (name,)
        return tuple(name.replace(stacked[0], f".attn.{part}.") for part in stacked[1])

    def reference_shapes(self, own: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
        """The tensors that they have for a model of ours: name -> shape."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, tensor in own.items():
            theirs = self.reference_names(name)
            for other in theirs:
                shapes[other] = self._kernel_shape(other, (tensor.shape[0] // len(theirs), *tensor.shape[1:]))
                if found := _CHANNEL.match(other):
                    shapes[f"{found[1]}month_embed.weight"] = (12, tensor.shape[1])
        return shapes

    def to_own(self, name: str, theirs: Mapping[str, Tensor]) -> Tensor:
        """One of our tensors from theirs, whose names and shapes are right."""
        return torch.cat([self._kernel_to_own(other, theirs[other]) for other in self.reference_names(name)])

    def to_reference(self, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All of their tensors from ours, constants included."""
        out: dict[str, Tensor] = {}
        for name, tensor in own.items():
            theirs = self.reference_names(name)
            for other, part in zip(theirs, tensor.chunk(len(theirs)), strict=True):
                out[other] = self._kernel_to_reference(other, part).contiguous().clone()
        months = {name: shape for name, shape in self.reference_shapes(own).items() if name not in out}
        return out | {name: month_table(shape[1]) for name, shape in months.items()}

    # The rows of our kernels that make pixels are pixels of a band; theirs are the width of the tokens.
    # A row of our kernels runs over channels, then pixels, as a flattened convolution does; theirs over pixels first.
    # Behind layers for pixels both run over pixels first.

    def _side(self, name: str) -> int:
        """Pixels along one side of the patches that a kernel projects; 0 for tensors that are stored alike."""
        found = _PROJECTION.search(name)
        if found is None or found[2] == "bias" or self.encoder.patch_embed_hidden_sizes:
            return 0
        return self.encoder.max_patch_size * self.sensors[found[1]].pixels_per_cell

    def _kernel_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        if _makes_pixels(name):
            bands, pixels, size = shape
            return (size, bands, math.isqrt(pixels), math.isqrt(pixels))
        side = self._side(name)
        if not side or self.encoder.use_linear_patch_embed:
            return shape
        return (shape[0], shape[1] // side**2, side, side)

    def _kernel_to_own(self, name: str, tensor: Tensor) -> Tensor:
        if _makes_pixels(name):
            return tensor.flatten(2).permute(1, 2, 0)
        side = self._side(name)
        if not side:
            return tensor
        if tensor.ndim == 4:
            return tensor.flatten(1)
        return tensor.unflatten(1, (side, side, -1)).permute(0, 3, 1, 2).flatten(1)

    def _kernel_to_reference(self, name: str, tensor: Tensor) -> Tensor:
        if _makes_pixels(name):
            return tensor.permute(2, 0, 1).unflatten(2, (math.isqrt(tensor.shape[1]), -1))
        side = self._side(name)
        if not side:
            return tensor
        grid = tensor.unflatten(1, (-1, side, side))
        return grid.permute(0, 2, 3, 1).flatten(1) if self.encoder.use_linear_patch_embed else grid


def _makes_pixels(name: str) -> bool:
    """Whether a tensor of theirs is the kernel of a transposed convolution."""
    found = _RECONSTRUCTION.search(name)
    return found is not None and found[2] == "weight"
