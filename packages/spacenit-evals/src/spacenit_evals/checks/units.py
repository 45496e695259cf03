"""Rules for units: whether numbers can be what their sensor's units say."""

from collections.abc import Iterator

import numpy as np

from spacenit_core.sensors.plausible import find_misfit
from spacenit_core.sensors.spec import SensorSpec
from spacenit_evals.checks import radar
from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey

_REFLECTANCE = 3.0
"""No reflectance is above it, and few of 10,000 times that are below."""

_PICTURE = 255.0


def units(survey: Survey) -> Iterator[Finding]:
    """Each sensor's numbers against its units."""
    for spec in survey.sensors:
        pixels = survey.values[spec.name].pixels
        known = pixels[np.isfinite(pixels)]
        if not known.size or spec.name == radar.SENSOR:
            continue
        found = _reflectance(spec, known) or _picture(spec, known) or _misfit(spec, pixels)
        if found is not None:
            yield found


def not_numbers(survey: Survey) -> Iterator[Finding]:
    """NaN and infinite numbers, which are not how missing pixels are marked."""
    for spec in survey.sensors:
        counts = survey.values[spec.name].nan
        if counts.any():
            bands = ", ".join(band for band, count in zip(spec.bands, counts, strict=True) if count)
            yield Finding(
                "not_numbers",
                "error",
                f"{spec.name}: {int(counts.sum()):,} pixels are NaN or infinite ({bands})",
                expected="numbers, or -99999 where a pixel is missing",
                remedy="mark missing pixels where the benchmark reads them",
            )


def _reflectance(spec: SensorSpec, known: np.ndarray) -> Finding | None:
    per_unit = spec.stored_per_unit or 0.0
    if per_unit < 100 or not 0 < known.max() < _REFLECTANCE or known.min() < -1:
        return None
    return Finding(
        "units",
        "error",
        f"{spec.name}: all numbers lie between {known.min():.3g} and {known.max():.3g}: reflectance",
        expected=spec.units,
        remedy=f"multiply them by {per_unit:g}",
    )


def _picture(spec: SensorSpec, known: np.ndarray) -> Finding | None:
    """Integers up to 255 in every band where more are usual."""
    if spec.rgb is None or spec.value_range[1] <= _PICTURE or known.max() > _PICTURE or known.min() < 0:
        return None
    if not (known == np.round(known)).all() or known.max() < _REFLECTANCE:
        return None
    is_measured = (spec.stored_per_unit or 0.0) > 1
    return Finding(
        "units",
        "error" if is_measured else "warning",
        f"{spec.name}: integers from {known.min():.0f} to {known.max():.0f} in every band: 8 bit pictures",
        expected=spec.units,
        remedy="a model's own statistics do not fit them: use those of this data set, or the measurements themselves",
    )


def _misfit(spec: SensorSpec, pixels: np.ndarray) -> Finding | None:
    columns = [column[np.isfinite(column)].astype(np.float64) for column in pixels.T]
    found = find_misfit(spec, columns)
    if found is None:
        return None
    return Finding(
        "units",
        "error" if found.certain else "warning",
        f"{spec.name}: pixels {found.what}",
        expected=spec.units,
        remedy=found.guess,
    )
