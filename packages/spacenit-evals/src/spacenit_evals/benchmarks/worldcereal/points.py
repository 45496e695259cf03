"""What both tables share: sensors, missing numbers, units, and how points become a benchmark."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from spacenit_core.kinds.benchmarks import BenchmarkFacts
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.spec import NODATA
from spacenit_evals.benchmarks.grouped_folds import grouped_folds
from spacenit_evals.benchmarks.series.ground import cells_of, group_of
from spacenit_evals.benchmarks.series.inputs import inputs_of
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples
from spacenit_evals.benchmarks.series.point_series import PointSeries

SENSORS = ("sentinel2_l2a", "sentinel1")
MISSING_NUMBER = 65535
"""What stands for a missing number in the tables."""

MONTHS = 12


@frozen(kw_only=True)
class Folds:
    """How points are divided.

    Attributes:
        block_degrees: along one side of a block of ground.
        folds: parts of the blocks that are tested in turn.
        draws: draws of the folds.
        seed: of the draws.
    """

    block_degrees: float
    folds: int
    draws: int
    seed: int


def taken(takes: ModelInputs) -> ModelInputs:
    """What of the points' sensors a model takes; a point is one pixel and so one patch.

    Raises:
        UserError: where it takes none, or no series of twelve dates.
    """
    return inputs_of(takes, [(name,) for name in SENSORS], what="the points", longest=MONTHS)


def labelled(
    series: PointSeries,
    labels: np.ndarray,
    *,
    inputs: ModelInputs,
    classes: tuple[str, ...],
    codes: tuple[int, ...],
    by: Folds,
    told: Mapping[str, object],
    said: Mapping[str, object],
    dates_invented: bool = False,
) -> LabelledSamples:
    """A benchmark of n points in folds of blocks of ground.

    Args:
        series: the points.
        labels: int ``[n]``.
        inputs: what the points hold for the models.
        classes: names by label.
        codes: numbers of the classes in the table.
        by: the folds.
        told: settings that a report names.
        said: what became of points.
        dates_invented: whether the days are not the table's.

    Raises:
        UserError: where the blocks cannot be dealt into folds.
    """
    groups = cells_of(series.lat, series.lon, by.block_degrees)
    return LabelledSamples(
        source=series,
        facts=BenchmarkFacts(
            task="classification",
            classes=classes,
            codes=codes,
            sensors=inputs.sensors,
            version=f"2, {series.digest(labels)}",
            dates=series.days(),
            dates_invented=dates_invented,
            group=group_of(by.block_degrees),
            ground_size=10.0,
        ),
        inputs=inputs,
        labels=labels,
        groups=groups,
        draws=grouped_folds(groups, labels, folds=by.folds, draws=by.draws, seed=by.seed),
        told={
            **told,
            "block_degrees": by.block_degrees,
            "folds": by.folds,
            "draws": by.draws,
            "seed": by.seed,
        },
        said={**said, **series.bands_absent()},
        warmth=series.temperatures,
    )


def kelvin(numbers: np.ndarray) -> np.ndarray:
    """Temperatures as the project stores them (kelvin times 100), of their shape; NaN where they are missing, or 0."""
    there = (numbers != MISSING_NUMBER) & (numbers > 0)
    return np.where(there, numbers.astype(np.float64) / 100, np.nan)


def decibels(numbers: np.ndarray) -> np.ndarray:
    """Sentinel-1 as the project stores it (dB = 20 log10(number) - 83), in decibels; what is not above 0 is missing."""
    there = numbers > 0
    return np.where(there, 20.0 * np.log10(np.where(there, numbers, 1.0)) - 83.0, NODATA)
