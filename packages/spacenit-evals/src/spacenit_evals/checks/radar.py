"""Rules for Sentinel-1, whose pixels are decibels.

Everywhere on the ground, over water too, VV is some decibels above VH.
"""

from collections.abc import Iterator

import numpy as np

from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey

SENSOR = "sentinel1"

_WRAPPED = 32767.0
"""Half of what 16 bits hold: negative numbers that were written as unsigned ones lie above."""

_DIGITAL = 40.0
"""No backscatter has so many decibels, and digital numbers are larger."""

_LINEAR = 0.99
"""Share of numbers above 0 from which on they are no decibels."""

_APART = 1.0
"""Decibels by which VV is above VH at least, or below where they are swapped."""

_WHOLE = 0.999
_DISTINCT = 3
"""Whole numbers say that decimals were cut off where there are this many different ones."""


def radar_units(survey: Survey) -> Iterator[Finding]:
    """Wrapped numbers, digital numbers and linear power in place of decibels, and decibels without decimals."""
    known = _known(survey)
    if not known.size:
        return
    low, middle, high = (float(number) for number in np.quantile(known, (0.01, 0.5, 0.99)))
    seen = f"{SENSOR}: half of the pixels lie above {middle:.4g} (1 % below {low:.4g}, 1 % above {high:.4g})"
    expected = "decibels, mostly between -35 and 5"
    if middle > _WRAPPED:
        remedy = "read them as signed 16 bit integers"
        yield Finding("radar_units", "error", f"{seen}: wrapped integers", expected=expected, remedy=remedy)
    elif middle > _DIGITAL:
        remedy = "convert them: 20 log10(number) - 83 for WorldCereal's; other products have other constants"
        yield Finding("radar_units", "error", f"{seen}: digital numbers", expected=expected, remedy=remedy)
    elif np.mean(known > 0) > _LINEAR:
        remedy = "convert them: 10 log10(power)"
        yield Finding("radar_units", "error", f"{seen}: linear power", expected=expected, remedy=remedy)
    elif np.mean(known == np.round(known)) > _WHOLE and len(np.unique(known)) >= _DISTINCT:
        yield Finding(
            "radar_units",
            "note",
            f"{SENSOR}: {len(np.unique(known))} whole numbers alone: the decimals were cut off",
            expected="decibels with decimals",
            remedy="nothing brings them back; name it beside the scores",
        )


def polarisations(survey: Survey) -> Iterator[Finding]:
    """VV below VH: the two are swapped; or about the same: one stands for both."""
    if not survey.has(SENSOR, "vv", "vh"):
        return
    vv, vh = survey.mean(SENSOR, "vv"), survey.mean(SENSOR, "vh")
    both = np.isfinite(vv) & np.isfinite(vh)
    above = vv[both] - vh[both]
    # In other units VV is above VH too, by whatever number.
    apart = 0.0 if any(finding.severity == "error" for finding in radar_units(survey)) else _APART
    if np.median(above) >= apart:
        return
    swapped = np.median(above) <= -apart
    yield Finding(
        "polarisations",
        "error" if swapped else "warning",
        f"{SENSOR}: mean VV {vv[both].mean():.1f}, mean VH {vh[both].mean():.1f}; VV is below VH in "
        f"{(above < 0).sum()} of {both.sum()} samples",
        expected="VV above VH, by 5 to 9 decibels on average",
        remedy="swap them: the first channel is VH" if swapped else "look whether both are one channel, or no radar",
    )


def _known(survey: Survey) -> np.ndarray:
    if SENSOR not in survey.values:
        return np.zeros(0, np.float32)
    pixels = survey.values[SENSOR].pixels
    known: np.ndarray = pixels[np.isfinite(pixels)]
    return known
