"""Whether values can be what they are said to be: stored units or normalised ones."""

import torch
from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import MeanStd, SensorSpec

_LARGEST = 1000.0
"""Few normalised values come near it."""

_SMALL = 1.5
"""Normalised values and reflectances lie mostly below it."""

_SMALL_SHARE = 0.005
"""Where a band's mean is large, so do standardised ones below this share of it."""

_BULK = 0.9
"""Normalised clouds reach stored values of little size: so many small values tell."""

_MARKERS = (-9999.0, -32768.0)
"""What other products write where a pixel is missing."""


def check_values(values: Tensor, present: Tensor, spec: SensorSpec, *, normalized: bool) -> None:
    """Refuse values that cannot be in the units that are claimed.

    Single outliers pass: clouds, water and interference are real. What is judged is the bulk.

    Args:
        values: float64 ``[..., C]``.
        present: bool, like the values: which are not missing.
        spec: their sensor.
        normalized: whether they are said to be normalised.

    Raises:
        UserError: with the values' range and what to do.
    """
    known = values[present]
    if not known.numel():
        return
    if not bool(torch.isfinite(known).all()):
        raise UserError(f"pixels of {spec.name} hold infinite values", "mark missing pixels with NaN or -99999")
    (_check_normalized if normalized else _check_stored)(values, present, spec)


def _check_normalized(values: Tensor, present: Tensor, spec: SensorSpec) -> None:
    known = values[present]
    low, high = _normalized_range(spec)
    margin = high - low
    outside = ((values < low - margin) | (values > high + margin))[present]
    largest = max(_LARGEST, float((high + margin).max()))
    if float(outside.double().mean()) > 0.5 or float(known.abs().max()) > largest:
        raise UserError(
            f"pixels of {spec.name} are said to be normalised but lie between {_shown(known)}; normalised ones lie "
            f"around {float(low.min()):.2g} to {float(high.max()):.2g}",
            "leave out normalized=True, and the model normalises them by its own statistics",
        )


def _check_stored(values: Tensor, present: Tensor, spec: SensorSpec) -> None:
    known = values[present]
    _check_markers(known, spec)
    low, high = spec.value_range
    if float(((known < low) | (known > high)).double().mean()) > 0.5:
        raise UserError(
            f"pixels of {spec.name} lie between {_shown(known)}; in {spec.units or 'stored units'} they lie between "
            f"{low:g} and {high:g}",
            "give stored values, with -99999 or NaN for missing pixels",
        )
    if _are_small(values, present, spec):
        raise UserError(
            f"pixels of {spec.name} lie between {_shown(known)}: these are no values in {spec.units or 'stored units'}",
            "give stored values (digital numbers), or say normalized=True where they are normalised as the model does",
        )


def _check_markers(known: Tensor, spec: SensorSpec) -> None:
    """Refuse what marks missing pixels elsewhere and can be no value of this sensor."""
    low, high = spec.value_range
    for marker in {*_MARKERS, *spec.raw_nodata}:
        elsewhere = marker in spec.raw_nodata or not low <= marker <= high
        if elsewhere and bool((known == marker).any()):
            raise UserError(
                f"pixels of {spec.name} hold {marker:g}, which elsewhere marks missing ones",
                "mark missing pixels with NaN or -99999",
            )


def _are_small(values: Tensor, present: Tensor, spec: SensorSpec) -> bool:
    """Whether the bulk lies where stored values do not: zeros, which may mark missing pixels, do not count."""
    far = _far_from_zero(spec)
    if far is None:
        return False
    limit = (far.abs() * _SMALL_SHARE).clamp(min=_SMALL).to(values.device)
    telling = present & far.isfinite().to(values.device)
    if not bool(telling.any()):
        return False
    counted = telling & (values != 0)
    return not bool(counted.any()) or float((values.abs() <= limit)[counted].double().mean()) > _BULK


def _normalized_range(spec: SensorSpec) -> tuple[Tensor, Tensor]:
    """What the plausible stored values become, ``[C]`` each."""
    if spec.normalization is None:
        infinite = torch.full((len(spec.bands),), torch.inf, dtype=torch.float64)
        return -infinite, infinite
    scale, offset = (torch.from_numpy(vector) for vector in spec.normalization.scale_and_offset())
    low, high = spec.value_range
    return low * scale + offset, high * scale + offset


def _far_from_zero(spec: SensorSpec) -> Tensor | None:
    """The means of an image series' bands, NaN where values near 0 are usual; None for maps, which may well be 0."""
    if not spec.temporal or not isinstance(spec.normalization, MeanStd):
        return None
    mean = torch.tensor(spec.normalization.mean, dtype=torch.float64)
    return mean.where(mean.abs() > 5, torch.nan)


def _shown(known: Tensor) -> str:
    return f"{float(known.min()):.4g} and {float(known.max()):.4g}"
