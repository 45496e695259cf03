"""Benchmark `worldcereal_points`: labelled points of the world with twelve months of Sentinel-1 and 2.

The wide table of the WorldCereal project (Van Tricht et al. 2023): a row per point, a column per band and month.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from attrs import evolve, frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkConfig, BenchmarkFacts, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_evals.benchmarks.folders import folder_of
from spacenit_evals.benchmarks.grouped_folds import grouped_folds

VARIABLE = "WORLDCEREAL_POINTS_DIR"
FILE = "worldcereal_testdf.parquet"
SOURCE = "the repository WorldCereal/presto-worldcereal"
MONTHS = 12
SENSORS = ("sentinel2_l2a", "sentinel1")
MISSING_NUMBER = 65535
TEMPORARY_CROPS = 11
"""The land cover code that the task `temporary_crops` asks for."""

_FINE = ("B02", "B03", "B04", "B08")
_COARSE = ("B05", "B06", "B07", "B8A", "B11", "B12")
_MIDDLE = timedelta(days=15)


@frozen(kw_only=True)
class WorldCerealPoints(BenchmarkConfig):
    """Points of one pixel, in folds of blocks of the globe."""

    folder: Path | None = setting(f"folder that holds {FILE}; {VARIABLE} if unset", None)
    task: Literal["temporary_crops", "land_cover"] = setting(
        "what is predicted: temporary crops or not, or the code of the land cover", "temporary_crops"
    )
    month_rule: Literal["start", "middle"] = setting(
        "which day's month a step has: its first, or the middle one (half of the steps begin late in a month)", "start"
    )
    block_degrees: float = setting("degrees along one side of a block", 10.0, validator=above(0))
    folds: int = setting("parts of the blocks that are tested in turn", 5, validator=at_least(2))
    draws: int = setting("draws of the folds", 5, validator=at_least(1))
    seed: int = setting("seed of the draws", 0, validator=at_least(0))

    def offers(self) -> SensorSet:
        """Sentinel-2 and Sentinel-1."""
        return SensorSet.of(SENSORS)

    def build(self, takes: ModelInputs) -> "CerealPoints":
        """Read the table.

        Raises:
            UserError: where the data or pyarrow are not there, or the model takes neither sensor.
            DataError: where the table cannot be read.
        """
        sensors = SensorSet(tuple(spec for spec in self.offers() if spec.name in takes.sensors))
        if not len(sensors):
            raise UserError(
                f"the points have {' and '.join(SENSORS)}, and the model takes {', '.join(takes.sensors.names)}",
                "choose another benchmark",
            )
        folder = folder_of(self.folder, VARIABLE, "worldcereal_points", SOURCE)
        inputs = evolve(takes, sensors=sensors, patch_size=1)
        return CerealPoints.of(self, inputs, _read(folder / FILE))


@frozen(kw_only=True, eq=False)
class CerealPoints(Benchmark):
    """The points.

    Attributes:
        config: its settings.
        inputs: what the samples hold.
        table: column -> values ``[n]``.
        codes: land cover codes of the classes.
        labels: int ``[n]``.
        groups: blocks of the globe, int ``[n]``.
        draws: folds of blocks.
    """

    config: WorldCerealPoints
    inputs: ModelInputs
    table: Mapping[str, np.ndarray]
    codes: tuple[int, ...]
    labels: np.ndarray
    groups: np.ndarray
    draws: tuple[tuple[Split, ...], ...]

    @classmethod
    def of(cls, config: WorldCerealPoints, inputs: ModelInputs, table: Mapping[str, np.ndarray]) -> "CerealPoints":
        """Label and group the points of a table.

        Raises:
            UserError: where blocks and folds do not fit the points.
        """
        cover = table["LANDCOVER_LABEL"].astype(np.int64)
        values = (cover == TEMPORARY_CROPS).astype(np.int64) if config.task == "temporary_crops" else cover
        codes, labels = np.unique(values, return_inverse=True)
        cells = np.floor(np.stack([table["lat"], table["lon"]]) / config.block_degrees).astype(np.int64)
        groups = np.unique(cells, axis=1, return_inverse=True)[1].reshape(-1)
        draws = grouped_folds(groups, labels, folds=config.folds, draws=config.draws, seed=config.seed)
        return cls(
            config=config,
            inputs=inputs,
            table=table,
            codes=tuple(codes.tolist()),
            labels=labels.reshape(-1),
            groups=groups,
            draws=draws,
        )

    @property
    def facts(self) -> BenchmarkFacts:
        """The classes by code; dates from the table."""
        names = ("no temporary crops", "temporary crops")
        is_binary = self.config.task == "temporary_crops"
        digest = hashlib.sha256(
            b"".join(np.ascontiguousarray(self.table[name]).tobytes() for name in sorted(_numbers()))
        )
        return BenchmarkFacts(
            task="classification",
            classes=names if is_binary else tuple(f"land cover {code}" for code in self.codes),
            codes=self.codes,
            sensors=self.inputs.sensors,
            version=f"1, {digest.hexdigest()[:16]}",
            dates=(str(min(self.table["start_date"])), str(max(self.table["end_date"]))),
        )

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Points in the units of the sensors."""
        numbers = self.numbers if numbers is None else numbers
        for start in range(0, len(numbers), batch_size):
            here = numbers[start : start + batch_size]
            yield here, [self._sample(int(number)) for number in here]

    def setup(self) -> dict[str, object]:
        """Task, month rule and folds."""
        return {
            "data": FILE,
            "sensors": list(self.inputs.sensors.names),
            "task": self.config.task,
            "month_rule": self.config.month_rule,
            "block_degrees": self.config.block_degrees,
            "folds": self.config.folds,
            "draws": self.config.draws,
            "seed": self.config.seed,
        }

    def remarks(self) -> dict[str, object]:
        """Bands that the table does not have."""
        absent = [band for band in ("B01", "B09") if "sentinel2_l2a" in self.inputs.sensors]
        return {"bands_absent": ", ".join(absent)} if absent else {}

    def _sample(self, number: int) -> SampleWindow:
        bands = {spec.name: self._series(number, spec)[None, None] for spec in self.inputs.sensors}
        return SampleWindow(
            index=number,
            bands=bands,
            present={name: np.ones(MONTHS, dtype=bool) for name in bands},
            timestamps=np.array(_dates(str(self.table["start_date"][number]), self.config.month_rule), dtype=np.int32),
            latlon=np.array([self.table["lat"][number], self.table["lon"][number]], dtype=np.float32),
        )

    def _series(self, number: int, spec: SensorSpec) -> np.ndarray:
        """The months of a point, float32 ``[12, bands]``, -99999 where a number is missing."""
        out = np.full((MONTHS, len(spec.bands)), NODATA, np.float32)
        for place, band in enumerate(spec.bands):
            for month in range(MONTHS):
                name = _column(spec.name, band, month)
                stored = float(self.table[name][number]) if name in self.table else MISSING_NUMBER
                if stored != MISSING_NUMBER:
                    out[month, place] = _decibels(stored) if spec.name == "sentinel1" else stored
        return out


def _decibels(number: float) -> float:
    return 20.0 * float(np.log10(number)) - 83.0 if number > 0 else NODATA


def _column(sensor: str, band: str, month: int) -> str:
    if sensor == "sentinel1":
        return f"SAR-{band.upper()}-ts{month}-20m"
    return f"OPTICAL-{band}-ts{month}-{10 if band in _FINE else 20}m"


def _numbers() -> list[str]:
    """The columns of numbers that are read."""
    series = [("sentinel2_l2a", band) for band in (*_FINE, *_COARSE)] + [("sentinel1", band) for band in ("vv", "vh")]
    return [_column(*pair, month) for pair in series for month in range(MONTHS)] + ["LANDCOVER_LABEL", "lat", "lon"]


def _dates(start: str, rule: str) -> list[tuple[int, int, int]]:
    """Day, month from 0 and year of each step."""
    first = date.fromisoformat(start[:10])
    found = []
    for step in range(MONTHS):
        months = first.year * MONTHS + first.month - 1 + step
        day = date(months // MONTHS, months % MONTHS + 1, min(first.day, 28))
        day = day + _MIDDLE if rule == "middle" else day
        found.append((day.day, day.month - 1, day.year))
    return found


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise UserError(
            "worldcereal_points is a Parquet table, which needs pyarrow", 'pip install "spacenit-evals[parquet]"'
        ) from error
    names: list[Any] = [*_numbers(), "start_date", "end_date"]
    try:
        table = pyarrow.parquet.read_table(path, columns=names)
        found = {name: table.column(name).to_numpy(zero_copy_only=False) for name in names}
    except (OSError, KeyError, ValueError, pyarrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}", f"{SOURCE} has it") from error
    return found
