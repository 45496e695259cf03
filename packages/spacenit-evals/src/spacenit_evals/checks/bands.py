"""Rules for single bands: those that hold nothing, one number, or another band's pixels."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey

_FEWEST = 20
"""Pixels from which on equal numbers say something."""


def missing_bands(survey: Survey) -> Iterator[Finding]:
    """Bands without a pixel in any sample: reported, since models can do without."""
    for spec in survey.sensors:
        there = np.isfinite(survey.values[spec.name].means).any(axis=0)
        absent = [band for band, some in zip(spec.bands, there, strict=True) if not some]
        if absent:
            verb = "is" if len(absent) == 1 else "are"
            yield Finding(
                "missing_bands",
                "note",
                f"{spec.name}: {', '.join(absent)} {verb} missing in all {len(survey.read)} samples",
                expected="pixels in some, or models to which the band is hidden",
            )


def constant_bands(survey: Survey) -> Iterator[Finding]:
    """Bands that hold one number, the same in all samples."""
    for spec in survey.sensors:
        if spec.categorical:
            continue
        for band, column in zip(spec.bands, survey.values[spec.name].pixels.T, strict=True):
            known = column[np.isfinite(column)]
            if known.size >= _FEWEST and np.ptp(known) == 0:
                yield Finding(
                    "constant_bands",
                    "warning",
                    f"{spec.name}: {band} is {known[0]:.6g} in all {known.size:,} pixels that were looked at",
                    expected="pixels that differ",
                    remedy="mark it as missing where it stands for nothing",
                )


def repeated_bands(survey: Survey) -> Iterator[Finding]:
    """Two bands with the same pixels: one stands in for another that is missing."""
    for spec in survey.sensors:
        if spec.categorical:
            continue
        columns = dict(zip(spec.bands, survey.values[spec.name].pixels.T, strict=True))
        for (first, one), (second, other) in combinations(columns.items(), 2):
            both = np.isfinite(one) & np.isfinite(other)
            if both.sum() >= _FEWEST and (one[both] == other[both]).all() and np.ptp(one[both]) > 0:
                yield Finding(
                    "repeated_bands",
                    "warning",
                    f"{spec.name}: {second} is {first} in all {int(both.sum()):,} pixels that were looked at",
                    expected="bands that differ",
                    remedy=f"mark {first} or {second} as missing, whichever the images do not have",
                )
