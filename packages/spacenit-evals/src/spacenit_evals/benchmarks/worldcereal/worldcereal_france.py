"""Benchmark `worldcereal_france`: crops as French farmers declared them for 2023, with Sentinel-1 and 2.

The project's long table: a row per point and step of ten days, by date; rows may be absent.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of
from spacenit_evals.benchmarks.series.gaps import GAPS, Gaps

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples
    from spacenit_evals.benchmarks.series.point_series import PointSeries

FILE = "2023_FRA_LPIS_POLY_110.geoparquet"
YEAR, MONTHS = 2023, 12

_OPTICAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
_RADAR = ("VV", "VH")
_WARMTH = "AGERA5-TMEAN"

GROUPS_OF_CROPS = {1101: "cereals", 2001: "grassland", 1106: "oilseed crops", 1115: "crops 1115", 1201: "crops 1201"}
"""The first four digits of a crop's code -> what they stand for, of those that have enough points."""

ARABLE = ("maize", "small grains", "grassland", "sunflower and soy")


@frozen(kw_only=True)
class WorldCerealFrance(BenchmarkConfig):
    """Points of one pixel with the monthly medians of 2023, in folds of cells of ground."""

    variable = "WORLDCEREAL_FRANCE_DIR"
    source = "the repository WorldCereal/worldcereal-classification"
    licence = "MIT"

    folder: Path | None = setting(f"folder that holds {FILE}; WORLDCEREAL_FRANCE_DIR if unset", None)
    target: Literal["crop_groups", "arable"] = setting(
        "what is predicted: the five most frequent groups of crops, or four kinds of arable land and grass",
        "crop_groups",
    )
    gaps: Gaps = setting(GAPS, "left")
    block_degrees: float = setting("degrees along one side of a cell", 0.1, validator=above(0))
    folds: int = setting("parts of the cells that are tested in turn", 5, validator=at_least(2))
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
        folder = folder_of(self.folder, self.variable, "worldcereal_france", self.source)
        series, crops = _read(folder / FILE, inputs.sensors, filled=self.gaps == "filled")
        labels, classes, codes = _classes(crops, self.target)
        chosen = labels >= 0
        return labelled(
            series.take(chosen),
            labels[chosen],
            inputs=inputs,
            classes=classes,
            codes=codes,
            by=Folds(block_degrees=self.block_degrees, folds=self.folds, draws=self.draws, seed=self.seed),
            told={"data": FILE, "target": self.target, "gaps": self.gaps},
            said={
                "points_of_other_crops": int((~chosen).sum()),
                "dates": "medians of months, which stand for the middle of the month",
            },
        )


def _classes(crops: np.ndarray, target: str) -> tuple[np.ndarray, tuple[str, ...], tuple[int, ...]]:
    """From crop codes of ten digits int ``[n]`` to labels, -1 for other crops, names and codes."""
    four = crops // 10**6
    if target == "crop_groups":
        masks = [four == code for code in GROUPS_OF_CROPS]
        names, codes = tuple(GROUPS_OF_CROPS.values()), tuple(GROUPS_OF_CROPS)
    else:
        six = crops // 10**4
        soy_or_sunflower = np.isin(crops, (1106000010, 1106000020))
        masks = [six == 110106, (four == 1101) & ~np.isin(six, (110106, 110107)), four == 2001, soy_or_sunflower]
        names, codes = ARABLE, tuple(range(len(ARABLE)))
    labels = np.full(len(crops), -1, dtype=np.int64)
    for label, mask in enumerate(masks):
        labels[mask] = label
    return labels, names, codes


def _read(path: Path, sensors: SensorSet, *, filled: bool) -> "tuple[PointSeries, np.ndarray]":
    """Monthly medians of all points by date, and the crops' codes int ``[n]``."""
    from spacenit_evals.benchmarks.series.point_series import PointSeries, stacked
    from spacenit_evals.benchmarks.worldcereal.points import kelvin
    from spacenit_evals.benchmarks.worldcereal.tables import read_columns

    columns = {
        "sentinel2_l2a": [f"S2-L2A-{band}" for band in _OPTICAL],
        "sentinel1": [f"S1-SIGMA0-{b}" for b in _RADAR],
    }
    stored = [column for spec in sensors for column in columns[spec.name]]
    table = read_columns(path, [*stored, "sample_id", "timestamp", "lat", "lon", "ewoc_code"], optional=[_WARMTH])
    _, first, point = np.unique(table["sample_id"].astype(str), return_index=True, return_inverse=True)
    month = table["timestamp"].astype("datetime64[M]").astype(np.int64) - (YEAR - 1970) * MONTHS
    place = _Place(point=point.reshape(-1), month=month, points=len(first))
    bands = {
        spec.name: stacked(spec, _bands(table, columns[spec.name], place, filled=filled), (len(first), MONTHS))
        for spec in sensors
    }
    dates = np.tile(np.array([(15, number, YEAR) for number in range(MONTHS)], np.int32), (len(first), 1, 1))
    warmth = _medians(table[_WARMTH], place, zero_is_missing=True) if _WARMTH in table else None
    series = PointSeries(
        sensors=sensors,
        bands=bands,
        dates=dates,
        lat=table["lat"][first],
        lon=table["lon"][first],
        temperatures=None if warmth is None else kelvin(warmth),
    )
    return series, table["ewoc_code"][first].astype(np.int64)


@frozen(kw_only=True, eq=False)
class _Place:
    """Where each of r rows belongs.

    Attributes:
        point: int ``[r]``.
        month: of the year, int ``[r]``; of other years below 0 or above 11.
        points: how many there are.
    """

    point: np.ndarray
    month: np.ndarray
    points: int


def _bands(table: dict[str, np.ndarray], columns: list[str], place: _Place, *, filled: bool) -> dict[str, np.ndarray]:
    """Our bands -> monthly medians of all points in the units of the sensor, float64 ``[n, 12]``."""
    from spacenit_evals.benchmarks.series.gaps import filled as fill
    from spacenit_evals.benchmarks.worldcereal.points import decibels

    found = {}
    for column in columns:
        band, is_radar = column.rsplit("-", 1)[1], column.startswith("S1")
        medians = _medians(table[column], place, zero_is_missing=is_radar)
        there = np.isfinite(medians)
        if is_radar:
            medians = np.where(there, decibels(np.where(there, medians, 1.0)), np.nan)
        found[band.lower() if is_radar else band] = fill(medians) if filled else medians
    return found


def _medians(column: np.ndarray, place: _Place, *, zero_is_missing: bool) -> np.ndarray:
    """The median of each point's numbers in each month of the year, float64 ``[n, 12]``; NaN where there are none."""
    from spacenit_evals.benchmarks.worldcereal.points import MISSING_NUMBER

    numbers = column.astype(np.float64)
    of_year = (place.month >= 0) & (place.month < MONTHS)
    there = of_year & (column != MISSING_NUMBER) & ((numbers > 0) | (not zero_is_missing))
    key = place.point[there] * MONTHS + place.month[there]
    order = np.lexsort((numbers[there], key))
    key, numbers = key[order], numbers[there][order]
    found, start, count = np.unique(key, return_index=True, return_counts=True)
    middle = (numbers[start + (count - 1) // 2] + numbers[start + count // 2]) / 2
    out = np.full(place.points * MONTHS, np.nan)
    out[found] = middle
    return out.reshape(place.points, MONTHS)
