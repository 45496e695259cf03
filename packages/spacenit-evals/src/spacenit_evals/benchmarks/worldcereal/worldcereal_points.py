"""Benchmark `worldcereal_points`: 500 labelled points of the world with twelve months of Sentinel-1 and 2.

The project's wide table: a row per point, a column per band and month.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_evals.benchmarks.folders import folder_of
from spacenit_evals.benchmarks.series.gaps import GAPS, Gaps

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples
    from spacenit_evals.benchmarks.series.point_series import PointSeries

FILE = "worldcereal_testdf.parquet"
MONTHS = 12
TEMPORARY_CROPS = 11
"""The land cover code that the target `temporary_crops` asks for."""

_FINE = ("B02", "B03", "B04", "B08")
_COARSE = ("B05", "B06", "B07", "B8A", "B11", "B12")
_MIDDLE = timedelta(days=15)


@frozen(kw_only=True)
class WorldCerealPoints(BenchmarkConfig):
    """Points of one pixel, in folds of blocks of the globe."""

    variable = "WORLDCEREAL_POINTS_DIR"
    source = "the repository WorldCereal/presto-worldcereal"
    licence = "none stated"

    folder: Path | None = setting(f"folder that holds {FILE}; WORLDCEREAL_POINTS_DIR if unset", None)
    target: Literal["temporary_crops", "land_cover"] = setting(
        "what is predicted: temporary crops or not, or the code of the land cover", "temporary_crops"
    )
    month_rule: Literal["start", "middle"] = setting(
        "which day's month a step has: its first, or the middle one (half of the steps begin late in a month)", "start"
    )
    gaps: Gaps = setting(GAPS, "left")
    block_degrees: float = setting("degrees along one side of a block", 10.0, validator=above(0))
    folds: int = setting("parts of the blocks that are tested in turn", 5, validator=at_least(2))
    draws: int = setting("draws of the folds", 5, validator=at_least(1))
    seed: int = setting("seed of the draws", 0, validator=at_least(0))

    def offers(self) -> SensorSet:
        """Sentinel-2 and Sentinel-1."""
        from spacenit_evals.benchmarks.worldcereal.points import SENSORS

        return SensorSet.of(SENSORS)

    def build(self, takes: ModelInputs) -> "LabelledSamples":
        """Read the table.

        Raises:
            UserError: where the data or pyarrow are not there, or the model takes neither sensor.
            DataError: where the table cannot be read.
        """
        from spacenit_evals.benchmarks.worldcereal.points import Folds, labelled, taken

        inputs = taken(takes)
        folder = folder_of(self.folder, self.variable, "worldcereal_points", self.source)
        series, cover = _read(folder / FILE, self.month_rule, inputs.sensors, filled=self.gaps == "filled")
        is_binary = self.target == "temporary_crops"
        codes, labels = np.unique(cover == TEMPORARY_CROPS if is_binary else cover, return_inverse=True)
        names = ("no temporary crops", "temporary crops")
        return labelled(
            series,
            labels.reshape(-1),
            inputs=inputs,
            classes=names if is_binary else tuple(f"land cover {code}" for code in codes),
            codes=tuple(int(code) for code in codes),
            by=Folds(block_degrees=self.block_degrees, folds=self.folds, draws=self.draws, seed=self.seed),
            told={"data": FILE, "target": self.target, "month_rule": self.month_rule, "gaps": self.gaps},
            said={},
        )


def columns() -> list[str]:
    """The columns of numbers that are read."""
    series = [("sentinel2_l2a", band) for band in (*_FINE, *_COARSE)] + [("sentinel1", band) for band in ("vv", "vh")]
    return [_column(*pair, month) for pair in series for month in range(MONTHS)] + ["LANDCOVER_LABEL", "lat", "lon"]


def _column(sensor: str, band: str, month: int) -> str:
    if sensor == "sentinel1":
        return f"SAR-{band.upper()}-ts{month}-20m"
    return f"OPTICAL-{band}-ts{month}-{10 if band in _FINE else 20}m"


def _read(path: Path, rule: str, sensors: SensorSet, *, filled: bool) -> "tuple[PointSeries, np.ndarray]":
    """The series of the points, and the land cover codes int ``[n]``."""
    from spacenit_evals.benchmarks.series.point_series import PointSeries, stacked
    from spacenit_evals.benchmarks.worldcereal.points import kelvin
    from spacenit_evals.benchmarks.worldcereal.tables import read_columns

    warmth = [f"METEO-temperature_mean-ts{month}-100m" for month in range(MONTHS)]
    table = read_columns(path, [*columns(), "start_date"], optional=warmth)
    shape = (len(table["lat"]), MONTHS)
    series = PointSeries(
        sensors=sensors,
        bands={spec.name: stacked(spec, _bands(table, spec, filled=filled), shape) for spec in sensors},
        dates=np.array([_dates(str(start), rule) for start in table["start_date"]], dtype=np.int32),
        lat=table["lat"],
        lon=table["lon"],
        temperatures=np.stack([kelvin(table[name]) for name in warmth], axis=1) if warmth[0] in table else None,
    )
    return series, table["LANDCOVER_LABEL"].astype(np.int64)


def _bands(table: dict[str, np.ndarray], spec: SensorSpec, *, filled: bool) -> dict[str, np.ndarray]:
    """Band -> its months at all points, float64 ``[n, 12]``, NaN where a number is missing."""
    from spacenit_evals.benchmarks.series.gaps import filled as fill
    from spacenit_evals.benchmarks.worldcereal.points import MISSING_NUMBER, decibels

    found = {}
    for band in spec.bands:
        names = [_column(spec.name, band, month) for month in range(MONTHS)]
        if not all(name in table for name in names):
            continue
        stored = np.stack([table[name] for name in names], axis=1).astype(np.float64)
        there = (stored != MISSING_NUMBER) & ((stored > 0) | (spec.name != "sentinel1"))
        numbers = decibels(stored) if spec.name == "sentinel1" else stored
        known = np.where(there, numbers, np.nan)
        found[band] = fill(known) if filled else known
    return found


def _dates(start: str, rule: str) -> list[tuple[int, int, int]]:
    """Day, month from 0 and year of each step."""
    try:
        first = date.fromisoformat(start[:10])
    except ValueError as error:
        raise DataError(f"{FILE} has the start_date {start!r}, which is no day", "copy it again") from error
    found = []
    for step in range(MONTHS):
        months = first.year * MONTHS + first.month - 1 + step
        day = date(months // MONTHS, months % MONTHS + 1, min(first.day, 28))
        day = day + _MIDDLE if rule == "middle" else day
        found.append((day.day, day.month - 1, day.year))
    return found
