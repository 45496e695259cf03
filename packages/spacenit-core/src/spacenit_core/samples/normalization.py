"""From stored pixels to what a model sees, and from missing pixels to missing tokens, for arrays and tensors alike."""

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from spacenit_core.samples.layout import SensorBlock
from spacenit_core.sensors.spec import Normalization

if TYPE_CHECKING:
    from torch import Tensor

A = TypeVar("A", np.ndarray, "Tensor")


def affine(normalization: Normalization, precision: type[np.floating]) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset of each band, ``[C]`` each.

    Args:
        normalization: of a sensor.
        precision: in which pixels are normalised: the loader's is float32; a sample that a person holds is normalised
            in float64 and rounded once.
    """
    scale, offset = normalization.scale_and_offset()
    return scale.astype(precision), offset.astype(precision)


def normalize(values: A, scale: A, offset: A, missing: A | None, out: A | None = None) -> A:
    """``values * scale + offset``, and 0 where pixels are missing.

    Args:
        values: ``[..., C]`` in stored units, of any type.
        scale: what broadcasts with the values, in the precision of the result.
        offset: likewise.
        missing: bool, like the values; None where no pixel is.
        out: of arrays, where the result goes.
    """
    if isinstance(values, np.ndarray):
        result = np.multiply(values, scale, out=out)
        result += offset
        if missing is not None:
            result[missing] = 0
        return result
    # Not in place: a tensor's gradient may be asked for.
    result = values * scale + offset
    return result if missing is None else result.masked_fill(missing, 0.0)


def missing_tokens(missing: A, block: SensorBlock) -> A:
    """A token is missing if any of its pixels is.

    Args:
        missing: bool, like one or several samples' pixels of the sensor: ``[..., H*k, W*k, S, C]`` with a grid,
            ``[..., S, C]`` or ``[..., C]`` without.
        block: the tokens of the sensor.

    Returns:
        Bool ``[..., rows, columns, S, groups]``.
    """
    axes = 4 if block.sensor.spatial else 2 if block.sensor.temporal else 1
    lead, shape = missing.shape[: missing.ndim - axes], missing.shape[missing.ndim - axes :]
    if block.sensor.spatial:
        height, width, *rest = shape
        cut: Any = missing.reshape(
            *lead, block.rows, height // block.rows, block.columns, width // block.columns, *rest
        )
        missing = cut.any(-3).any(-4)
    else:
        missing = missing.reshape(*lead, 1, 1, math.prod(shape[:-1]), shape[-1])
    groups: Any = [missing[..., list(channels)].any(-1) for channels in block.sensor.group_channels]
    if isinstance(missing, np.ndarray):
        return np.stack(groups, axis=-1)
    import torch

    return torch.stack(groups, dim=-1)
