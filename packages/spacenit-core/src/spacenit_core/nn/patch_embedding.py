"""From patches to tokens: one projection per sensor and band group (FlexiViT, arXiv:2212.08013)."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from spacenit_core.config.parsing import spelled
from spacenit_core.errors import UserError
from spacenit_core.nn.band_dropout import KeptBands
from spacenit_core.nn.patches import Patches
from spacenit_core.samples.layout import SensorBlock, TokenLayout
from spacenit_core.samples.transfer import send
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec

PATCHES_AT_A_TIME = 512


class PatchEmbedding(nn.Module):
    """Project the pixels of a patch, after the whole window was resized to the base patch size.

    The parts of sensor S and band group G are named ``S__G``, as in the released models; there they are
    ``per_modality_embeddings.S.S__G.proj`` (of sensors without a grid ``per_modality_embeddings.S.S__G``),
    ``.pixel_proj`` and ``.post_proj``, with the same numbers of layers.

    Args:
        sensors: the sensors.
        size: width of the tokens.
        cells: cells along one side of the base patch.
        pixel_sizes: widths of layers that each pixel of a grid passes first, with a ReLU after each.
        post_sizes: widths of layers after the projection of a grid, with a ReLU before each; the last is `size`.

    Attributes:
        projections: from a patch to its token. Weights are ``[D, bands * side * side]``, a convolution whose kernel is
            its stride, flattened; behind layers for pixels they are ``[D, side * side * width]``.
        pixel_projections: the layers for pixels, by name; empty without.
        post_projections: the layers after the projection, by name; empty without.
    """

    def __init__(
        self,
        sensors: SensorSet,
        size: int,
        cells: int,
        *,
        pixel_sizes: Sequence[int] = (),
        post_sizes: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.sensors = sensors
        self.projections = nn.ModuleDict()
        self.pixel_projections = nn.ModuleDict()
        self.post_projections = nn.ModuleDict()
        for spec in sensors:
            for number, bands in enumerate(spec.token_groups):
                key = _key(spec, number)
                if not spec.spatial:
                    self.projections[key] = _transformer_linear(len(bands), size)
                    continue
                if pixel_sizes:
                    layers = [[nn.Linear(a, b), nn.ReLU(inplace=True)] for a, b in pairwise([len(bands), *pixel_sizes])]
                    self.pixel_projections[key] = nn.Sequential(*_joined(layers))
                width = pixel_sizes[-1] if pixel_sizes else len(bands)
                self.projections[key] = nn.Linear(width * (cells * spec.pixels_per_cell) ** 2, size)
                if post_sizes:
                    layers = [[nn.ReLU(inplace=True), nn.Linear(a, b)] for a, b in pairwise([size, *post_sizes])]
                    self.post_projections[key] = nn.Sequential(*_joined(layers))

    def forward(self, patches: Patches, wanted: Tensor, kept: KeptBands | None = None) -> "EmbeddedTokens":
        """Embed some tokens of a batch, each once for all views, unless bands are dropped.

        Args:
            patches: the batch's patches.
            wanted: bool ``[B, N]`` or ``[V, B, N]``, the tokens to embed, in host memory (the host waits for others).
            kept: the bands that each of the V * B sequences keeps, where some are dropped.

        Raises:
            UserError: for a sensor or band groups that the embedding was not made for.
        """
        layout, device = patches.batch.layout, patches.batch.device
        kept = kept or {}
        alone = _embedded_alone(layout, kept).to(wanted.device) if kept else None
        views = _without_repetition(wanted.reshape(-1, *wanted.shape[-2:]), alone)
        rows = views.flatten(0, 1)
        # Token by token in the order of band groups, so that each projection sees one run of them.
        order = torch.from_numpy(np.argsort(layout.band_set, kind="stable")).to(wanted.device)
        by_group = rows.T[order]
        token, sequence = by_group.nonzero().unbind(1)
        ends = np.cumsum(np.bincount(layout.band_set, minlength=len(layout.band_set_sensor)))
        counted = by_group.sum(1).cumsum(0)[torch.from_numpy(ends - 1).to(wanted.device)].tolist()
        token = order[token]
        # Where each token will lie is known on the host, and goes ahead to where the pixels are.
        row = torch.zeros_like(rows, dtype=torch.int64)
        row[sequence, token] = torch.arange(len(token), device=wanted.device)
        if alone is not None:
            row = torch.where(alone, row.view(views.shape), row[: len(patches.batch)]).flatten(0, 1)
        token, sequence, row = (send(index, device) for index in (token, sequence, row))
        values, start = [], 0
        for block, group, stop in zip(*_groups(layout), counted, strict=True):
            bands = kept.get((block.sensor.name, group))
            values.append(self._embed(patches, block, group, token[start:stop], sequence[start:stop], bands))
            start = stop
        return EmbeddedTokens(torch.cat(values), row)

    def _embed(
        self, patches: Patches, block: SensorBlock, group: int, token: Tensor, sequence: Tensor, kept: Tensor | None
    ) -> Tensor:
        self._check(block.sensor)
        key = _key(block.sensor, group)
        pixels_first = key in self.pixel_projections
        if not len(token):
            # Empty products keep the weights in the graph: their gradient is 0 rather than absent.
            return self._project(key, patches.nothing(block, group, pixels_first=pixels_first))
        per_sample = block.rows * block.columns * block.timesteps
        row = (sequence % len(patches.batch)) * per_sample
        row += torch.div(token - block.start, block.groups, rounding_mode="floor")
        tokens = []
        size = self._at_a_time(row, pixels_first)
        for some, of in zip(row.split(size), sequence.split(size), strict=True):
            pixels = patches.take(block, group, some, pixels_first=pixels_first)
            if kept is not None:
                pixels.mul_(kept[of].to(pixels.dtype).unsqueeze(1 if pixels_first else 2))
            tokens.append(self._project(key, pixels))
        return tokens[0] if len(tokens) == 1 else torch.cat(tokens)

    def _check(self, sensor: SensorSpec) -> None:
        if sensor.name not in self.sensors:
            known = ", ".join(self.sensors.names)
            raise UserError(f"the model was not made for sensor {sensor.name!r}", f"it takes {known}")
        made, given = self.sensors[sensor.name].token_groups, sensor.token_groups
        if made != given:
            shown = [spelled([list(bands) for bands in groups]) for groups in (made, given)]
            raise UserError(
                f"the model was made for other band groups of sensor {sensor.name!r}: {shown[0]}, not {shown[1]}",
                "read the data with the sensors of the model, or set band_groups to its groups",
            )

    def _at_a_time(self, row: Tensor, pixels_first: bool) -> int:
        """How many patches to embed in one go.

        Layers for pixels widen a patch many times over. Where nothing is kept for a backward pass, a CPU has that in
        its cache for some patches, rather than in memory for all.
        """
        if pixels_first and row.device.type == "cpu" and not torch.is_grad_enabled():
            return PATCHES_AT_A_TIME
        return len(row)

    def embed_patches(self, patches: Patches, block: SensorBlock, group: int, row: Tensor) -> Tensor:
        """Embed some patches of a band group, int64 ``[M]`` counted over [B, rows, columns, steps]; ``[M, D]``."""
        key = _key(block.sensor, group)
        return self._project(key, patches.take(block, group, row, pixels_first=key in self.pixel_projections))

    def _project(self, key: str, pixels: Tensor) -> Tensor:
        if key in self.pixel_projections:
            layers = cast(nn.Sequential, self.pixel_projections[key])
            # All pixels in one product.
            pixels = layers(pixels.flatten(0, 1)).unflatten(0, pixels.shape[:2])
        tokens: Tensor = self.projections[key](pixels.flatten(1))
        return self.post_projections[key](tokens) if key in self.post_projections else tokens


class EmbeddedTokens:
    """Embedded tokens of a batch, in no particular order.

    Args:
        values: ``[U, D]``.
        row: int64 ``[B, N]``, or ``[V * B, N]`` where views differ: where among the U a token lies (0 for tokens that
            were not embedded).
    """

    def __init__(self, values: Tensor, row: Tensor) -> None:
        self.values = values
        self._row = row

    def take(self, sequence: Tensor, position: Tensor) -> Tensor:
        """Tokens of sequences, ``[M, D]``; they must be among the embedded ones.

        Args:
            sequence: int64 ``[M]``, samples, or v * B + b for view v of sample b.
            position: int64 ``[M]``, index of the token.
        """
        return self.values.index_select(0, self._row[sequence % len(self._row), position])


def _key(sensor: SensorSpec, group: int) -> str:
    return f"{sensor.name}__{group}"


def _transformer_linear(inputs: int, outputs: int) -> nn.Linear:
    """A layer that begins as those of the transformer do: values without a grid are embedded by no convolution."""
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _joined(layers: Iterable[Iterable[nn.Module]]) -> list[nn.Module]:
    return [module for layer in layers for module in layer]


def _groups(layout: TokenLayout) -> tuple[list[SensorBlock], list[int]]:
    pairs = [(block, group) for block in layout.blocks for group in range(block.groups)]
    return [block for block, _ in pairs], [group for _, group in pairs]


def _embedded_alone(layout: TokenLayout, kept: KeptBands) -> Tensor:
    """Which tokens each view embeds for itself, bool ``[N]``."""
    groups = [(block.sensor.name, group) in kept for block, group in zip(*_groups(layout), strict=True)]
    return torch.tensor(groups, dtype=torch.bool)[torch.from_numpy(layout.band_set).long()]


def _without_repetition(wanted: Tensor, alone: Tensor | None) -> Tensor:
    """What to embed, bool: one view ``[1, B, N]`` for all, or ``[V, B, N]`` where some tokens are embedded alone.

    Of the latter, the first view has the other tokens that any view wants.
    """
    once = wanted.any(0, keepdim=True)
    if alone is None:
        return once
    shared = torch.cat([once, torch.zeros_like(wanted[1:])])
    return torch.where(alone, wanted, shared)
