"""Rules for the order of Sentinel-2's bands, by what any ground looks like in them."""

from collections.abc import Iterator

import numpy as np

from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey

ABOVE, SURFACE = "sentinel2", "sentinel2_l2a"
"""Level 1C, above the atmosphere, and level 2A."""

NEAR_INFRARED = (0.8, 1.3)
"""B8A / B08 of land: 0.91 to 1.19 in what was measured; they see nearly the same light."""

_LAND = 0.05
"""Samples that reflect less in B08 (a share of the brightest sample's) are water, of which ratios say nothing."""

_VAPOUR = 0.7
"""B09 / B08: water vapour takes most of its light above the atmosphere (0.35 to 0.5), and none of the surface's."""


def cirrus(survey: Survey) -> Iterator[Finding]:
    """B10 sees only high clouds, and is by far the darkest band of level 1C."""
    if not survey.has(ABOVE, "B10"):
        return
    means = survey.values[ABOVE].means
    bands = survey.sensors[ABOVE].bands
    place = bands.index("B10")
    full = np.isfinite(means[:, place])
    if np.isfinite(means[full]).any(axis=0).sum() < 2:
        return
    lowest = np.nanargmin(means[full], axis=1)
    others = lowest != place
    if others.mean() <= 0.5:
        return
    darkest = bands[int(np.bincount(lowest[others]).argmax())]
    yield Finding(
        "cirrus",
        "error",
        f"{ABOVE}: mean B10 {np.mean(means[full, place]):.4g} is not the lowest in {others.sum()} of {full.sum()} "
        f"samples; {darkest} is, {np.nanmean(means[full, bands.index(darkest)]):.4g}",
        expected="B10 (cirrus) by far the lowest of the bands above the atmosphere",
        remedy=f"bands are shifted or named wrongly: look which of them is B10, perhaps {darkest}",
    )


def near_infrared(survey: Survey) -> Iterator[Finding]:
    """B8A and B08 differ little on land."""
    low, high = NEAR_INFRARED
    for sensor in (ABOVE, SURFACE):
        ratio = _ratio(survey, sensor, "B8A", "B08")
        if ratio.size and not low <= np.median(ratio) <= high:
            yield Finding(
                "near_infrared",
                "error",
                f"{sensor}: B8A is {np.median(ratio):.2f} times B08 (median of {ratio.size} samples)",
                expected=f"{low} to {high} times on land",
                remedy="bands are shifted, or B8A is another band: EuroSAT, for one, stores it last",
            )


def water_vapour(survey: Survey) -> Iterator[Finding]:
    """B09 tells the two levels apart."""
    for sensor, level, other in ((ABOVE, "1C", "2A"), (SURFACE, "2A", "1C")):
        ratio = _ratio(survey, sensor, "B09", "B08")
        if not ratio.size or (np.median(ratio) < _VAPOUR) == (level == "1C"):
            continue
        usual = f"well below {_VAPOUR} times above the atmosphere (level 1C), 0.9 to 1.1 times at the surface (2A)"
        yield Finding(
            "water_vapour",
            "warning",
            f"{sensor}: B09 is {np.median(ratio):.2f} times B08 (median of {ratio.size} samples)",
            expected=usual,
            remedy=f"this is level {level} by name: look whether the images are of level {other}, or bands are shifted",
        )


def _ratio(survey: Survey, sensor: str, band: str, other: str) -> np.ndarray:
    """One band over another in samples of land, ``[m]``."""
    if not survey.has(sensor, band, other):
        return np.zeros(0)
    above, below = survey.mean(sensor, band), survey.mean(sensor, other)
    land = np.isfinite(above) & np.isfinite(below)
    land &= below > _LAND * float(survey.sensors[sensor].stored_per_unit or 0)
    return above[land] / below[land]
