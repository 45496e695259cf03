"""From encoded tokens to the features that evaluations and users work with."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.samples.layout import TokenLayout

Pooling = Literal["mean", "max"]


def pool(encoded: EncodedTokens, kind: Pooling) -> Tensor:
    """The mean or the maximum over the tokens of each sequence, ``[S, D]``.

    Raises:
        UserError: where a sequence has no tokens.
    """
    sequences = encoded.selection.sequences
    if not all(sequences.lengths):
        empty = [number for number, length in enumerate(sequences.lengths) if not length]
        raise UserError(f"nothing was encoded of sequences {empty}, so that nothing can be pooled")
    if kind == "mean":
        return encoded.pooled()
    return encoded.values.masked_fill(~encoded.valid[:, :, None], -torch.inf).amax(1)


def pool_space(encoded: EncodedTokens, layout: TokenLayout, kind: Pooling) -> Tensor:
    """Features of each patch: over time and band groups of each sensor with a grid, then over these sensors.

    Sensors of which nothing was encoded in the whole batch do not count. As in the released models' evaluation, a
    sensor without tokens at one patch counts there as 0 in the mean; the maximum is minus infinity where no sensor has
    tokens.

    Returns:
        ``[S, rows, columns, D]``.

    Raises:
        UserError: where no sensor with a grid was encoded.
    """
    features = []
    for tokens, present in _grids(encoded, layout):
        if not present.any():
            continue
        if kind == "mean":
            count = present.sum((3, 4)).clamp(min=1)
            features.append(tokens.sum((3, 4)) / count[..., None])
        else:
            features.append(tokens.masked_fill(~present[..., None], -torch.inf).amax((3, 4)))
    _need(features, "encoded")
    stacked = torch.stack(features)
    return stacked.mean(0) if kind == "mean" else stacked.amax(0)


def pool_patches(encoded: EncodedTokens, layout: TokenLayout, kind: Pooling = "mean") -> Tensor:
    """The mean over the encoded tokens of each patch, in which every token counts the same, or their maximum.

    `pool_space` gives each sensor the same weight instead, as the released models' evaluation does. Sensors without a
    grid speak for no patch.

    Returns:
        float32 ``[S, rows, columns, D]``; NaN where a patch has no encoded token.
    """
    dense, present = encoded.dense(layout).float(), encoded.present(layout)
    spatial = np.flatnonzero([layout.blocks[number].sensor.spatial for number in layout.sensor])
    patch = torch.from_numpy((layout.row * layout.columns + layout.column)[spatial].astype(np.int64))
    patch, tokens = patch.to(dense.device), torch.from_numpy(spatial).to(dense.device)
    count = layout.rows * layout.columns
    if kind == "max":
        hidden = dense[:, tokens].masked_fill(~present[:, tokens, None], -torch.inf)
        largest = hidden.new_full((len(hidden), count, hidden.shape[-1]), -torch.inf)
        largest.scatter_reduce_(1, patch[None, :, None].expand_as(hidden), hidden, "amax")
        return largest.masked_fill(largest == -torch.inf, torch.nan).unflatten(1, (layout.rows, layout.columns))
    total = dense.new_zeros(len(dense), count, dense.shape[-1]).index_add_(1, patch, dense[:, tokens])
    number = dense.new_zeros(len(dense), count).index_add_(1, patch, present[:, tokens].float())
    mean = torch.where(number[..., None] > 0, total / number[..., None].clamp(min=1), torch.nan)
    return mean.unflatten(1, (layout.rows, layout.columns))


def group_features(encoded: EncodedTokens, layout: TokenLayout) -> Tensor:
    """Features of each patch and band group, the mean over time, of the sensors that were encoded everywhere.

    Returns:
        ``[S, rows, columns, G, D]`` for the G band groups of these sensors, in the order of the layout.

    Raises:
        UserError: where no sensor with a grid was encoded everywhere.
    """
    features = [tokens.mean(3) for tokens, present in _grids(encoded, layout) if present.all()]
    _need(features, "encoded everywhere")
    return torch.cat(features, dim=3)


def _grids(encoded: EncodedTokens, layout: TokenLayout) -> Iterator[tuple[Tensor, Tensor]]:
    """Tokens ``[S, rows, columns, steps, groups, D]`` and presence ``[S, rows, columns, steps, groups]`` by sensor."""
    dense, present = encoded.dense(layout), encoded.present(layout)
    for block in layout.blocks:
        if block.sensor.spatial:
            tokens, there = (part[:, block.tokens].unflatten(1, block.shape) for part in (dense, present))
            yield tokens, there


def _need(features: list[Tensor], what: str) -> None:
    if not features:
        raise UserError(
            f"no sensor with a grid was {what}, so that there are no features by patch",
            "pool over whole sequences instead",
        )
