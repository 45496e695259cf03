"""Whether a `GeoSample`'s values can be what they are said to be: stored units or normalised ones."""

import numpy as np
import torch
from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.sensors.plausible import columns_of, find_marker, find_misfit
from spacenit_core.sensors.spec import SensorSpec

_LARGEST = 1000.0
"""Few normalised values come near it."""

_FEWEST = 256
"""Pixels of one date, or of one sample, from which on it is judged by itself."""

_MOST = 2000
"""Pixels of it that are looked at."""


def check_values(
    values: Tensor, present: Tensor, spec: SensorSpec, *, normalized: bool, largest: float | None = None
) -> None:
    """Refuse values that cannot be in the units that are claimed.

    Args:
        values: float64 ``[..., C]``; the axis before the last is time where the sensor has one.
        present: bool, like the values: which are not missing.
        spec: their sensor.
        normalized: whether they are said to be normalised.
        largest: the largest number that they could be, where their type is a small one.

    Raises:
        UserError: with the values' range and what to do.
    """
    known = values[present]
    if not known.numel():
        return
    if not bool(torch.isfinite(known).all()):
        raise UserError(f"pixels of {spec.name} hold infinite values", "mark missing pixels with NaN or -99999")
    if normalized:
        _check_normalized(values, present, spec)
    else:
        _check_stored(values.detach().cpu().numpy(), present.cpu().numpy(), spec, largest)


def _check_normalized(values: Tensor, present: Tensor, spec: SensorSpec) -> None:
    known = values[present]
    low, high = _normalized_range(spec)
    margin = high - low
    outside = ((values < low - margin) | (values > high + margin))[present]
    largest = max(_LARGEST, float((high + margin).max()))
    if float(outside.double().mean()) > 0.5 or float(known.abs().max()) > largest:
        raise UserError(
            f"pixels of {spec.name} are said to be normalised but lie between {float(known.min()):.4g} and "
            f"{float(known.max()):.4g}; normalised ones lie around {float(low.min()):.2g} to {float(high.max()):.2g}",
            "leave out normalized=True, and the model normalises them by its own statistics",
        )


def _check_stored(values: np.ndarray, present: np.ndarray, spec: SensorSpec, largest: float | None) -> None:
    marker = find_marker(spec, values[present])
    if marker is not None:
        raise UserError(f"pixels of {spec.name} {marker.what}", "mark missing pixels with NaN or -99999")
    # One date or one sample in other units than the rest is as wrong as all of them.
    axes = [0, values.ndim - 2] if spec.temporal and values.ndim > 2 else [0]
    parts = [(np.moveaxis(values, axis, 0), np.moveaxis(present, axis, 0)) for axis in axes]
    some = [part for arrays in parts for part in zip(*arrays, strict=True) if part[1].any(axis=-1).sum() >= _FEWEST]
    for columns in (columns_of(values, present), *(columns_of(*part, _MOST) for part in some)):
        found = find_misfit(spec, columns, largest=largest)
        if found is not None and found.certain:
            guess = f"{found.guess}: " if found.guess else ""
            raise UserError(
                f"pixels of {spec.name} {found.what}",
                f"{guess}give stored values, with -99999 or NaN for missing pixels, or say normalized=True where they "
                "are normalised as the model does",
            )


def _normalized_range(spec: SensorSpec) -> tuple[Tensor, Tensor]:
    """What the plausible stored values become, ``[C]`` each."""
    if spec.normalization is None:
        infinite = torch.full((len(spec.bands),), torch.inf, dtype=torch.float64)
        return -infinite, infinite
    scale, offset = (torch.from_numpy(vector) for vector in spec.normalization.scale_and_offset())
    low, high = spec.value_range
    return low * scale + offset, high * scale + offset
