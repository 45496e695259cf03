"""Labelled points of one pixel with monthly series, opened for a model."""

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
from attrs import evolve, field, frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkFacts, Draw
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA

SENSORS = ("sentinel2_l2a", "sentinel1")
MISSING_NUMBER = 65535
"""What stands for a missing number in the tables."""


@frozen(kw_only=True, eq=False)
class PointSeries:
    """Series of n points.

    Attributes:
        bands: sensor -> float32 ``[n, T, C]`` in its units, -99999 where a number is missing.
        dates: int ``[n, T, 3]``: day, month from 0, year.
        lat: degrees, float ``[n]``.
        lon: degrees, float ``[n]``.
        temperatures: of the air in kelvin, float64 ``[n, T]``, where the table has them; NaN where a number is missing.
    """

    bands: dict[str, np.ndarray]
    dates: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    temperatures: np.ndarray | None = None

    def take(self, chosen: np.ndarray) -> "PointSeries":
        """Some of the points, by bool ``[n]``."""
        bands = {name: values[chosen] for name, values in self.bands.items()}
        return PointSeries(
            bands=bands,
            dates=self.dates[chosen],
            lat=self.lat[chosen],
            lon=self.lon[chosen],
            temperatures=None if self.temperatures is None else self.temperatures[chosen],
        )

    def cells(self, degrees: float) -> np.ndarray:
        """The cell of a grid of degrees that each point lies in, int ``[n]`` from 0."""
        places = np.floor(np.stack([self.lat, self.lon]) / degrees).astype(np.int64)
        return np.unique(places, axis=1, return_inverse=True)[1].reshape(-1)


@frozen(kw_only=True, eq=False)
class LabelledSeries(Benchmark):
    """Points with a class each.

    Attributes:
        inputs: what the samples hold.
        series: the points.
        labels: int ``[n]``.
        groups: int ``[n]``.
        draws: folds of groups.
        classes: names by label.
        codes: numbers of the classes in the table.
        told: what a report says of it.
        said: what became of it.
    """

    inputs: ModelInputs
    series: PointSeries
    labels: np.ndarray
    groups: np.ndarray
    draws: tuple[Draw, ...]
    classes: tuple[str, ...]
    codes: tuple[int, ...]
    told: Mapping[str, object]
    said: Mapping[str, object] = field(factory=dict)

    @property
    def facts(self) -> BenchmarkFacts:
        """The classes, and the first and last date."""
        days = self.series.dates.reshape(-1, 3)
        ordered = sorted(f"{year:04}-{month + 1:02}-{day:02}" for day, month, year in np.unique(days, axis=0).tolist())
        return BenchmarkFacts(
            task="classification",
            classes=self.classes,
            codes=self.codes,
            sensors=self.inputs.sensors,
            version=f"1, {self._digest()}",
            dates=(ordered[0], ordered[-1]),
        )

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Points in the units of the sensors."""
        numbers = self.numbers if numbers is None else numbers
        for start in range(0, len(numbers), batch_size):
            here = numbers[start : start + batch_size]
            yield here, [self._sample(int(number)) for number in here]

    def temperatures(self) -> np.ndarray | None:
        """Those of the table."""
        return self.series.temperatures

    def setup(self) -> dict[str, object]:
        """Table, task and folds."""
        return {"sensors": list(self.inputs.sensors.names), **self.told}

    def remarks(self) -> dict[str, object]:
        """Bands that the table does not have."""
        absent = [
            f"{spec.name} {band}"
            for spec in self.inputs.sensors
            for place, band in enumerate(spec.bands)
            if (self.series.bands[spec.name][..., place] == NODATA).all()
        ]
        return dict(self.said) | ({"bands_absent": ", ".join(absent)} if absent else {})

    def _sample(self, number: int) -> SampleWindow:
        bands = {name: self.series.bands[name][number][None, None] for name in self.inputs.sensors.names}
        return SampleWindow(
            index=number,
            bands=bands,
            present={name: np.ones(values.shape[2], dtype=bool) for name, values in bands.items()},
            timestamps=self.series.dates[number],
            latlon=np.array([self.series.lat[number], self.series.lon[number]], dtype=np.float32),
        )

    def _digest(self) -> str:
        digest = hashlib.sha256(np.ascontiguousarray(self.labels, np.int64).tobytes())
        for name in sorted(self.series.bands):
            digest.update(np.ascontiguousarray(self.series.bands[name]).tobytes())
        digest.update(np.ascontiguousarray(self.series.dates, np.int64).tobytes())
        return digest.hexdigest()[:16]


def inputs_of(takes: ModelInputs) -> ModelInputs:
    """What of the points' sensors a model takes; a point is one pixel and so one patch.

    Raises:
        UserError: where it takes none.
    """
    sensors = SensorSet(tuple(spec for spec in SensorSet.of(SENSORS) if spec.name in takes.sensors))
    if not len(sensors):
        raise UserError(
            f"the points have {' and '.join(SENSORS)}, and the model takes {', '.join(takes.sensors.names)}",
            "choose another benchmark",
        )
    return evolve(takes, sensors=sensors, patch_size=1)


def kelvin(numbers: np.ndarray) -> np.ndarray:
    """Temperatures as the project stores them (kelvin times 100); NaN where they are missing, or 0."""
    there = (numbers != MISSING_NUMBER) & (numbers > 0)
    return np.where(there, numbers.astype(np.float64) / 100, np.nan)


def decibels(numbers: np.ndarray) -> np.ndarray:
    """Sentinel-1 as the project stores it (dB = 20 log10(number) - 83), in decibels; what is not above 0 is missing."""
    there = numbers > 0
    return np.where(there, 20.0 * np.log10(np.where(there, numbers, 1.0)) - 83.0, NODATA)
