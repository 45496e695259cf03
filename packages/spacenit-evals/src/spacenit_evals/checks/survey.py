"""What rules look at: pixels, bytes, places and dates of samples, from one pass over them."""

import hashlib

import numpy as np
from attrs import frozen

from spacenit_core.kinds.benchmarks import Benchmark
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_evals.checks.label_counts import LabelCounts

MOST_PIXELS = 400_000
"""Pixels of one sensor that are kept, about: they bound the memory, whatever is checked."""

MOST_OF_A_SAMPLE = 1024

TEMPERATURES = {"era5": "2m-temperature", "era5_10": "2m-temperature", "era5l_day_10": "t2m"}
"""Sensor -> its band that holds the temperature of the air."""


@frozen(kw_only=True, eq=False)
class SensorValues:
    """Pixels of one sensor in the order of its bands, NaN where they are missing.

    Attributes:
        pixels: float32 ``[m, C]``, some of each sample, evenly taken.
        means: float64 ``[n, C]`` of all pixels of each sample.
        nan: int ``[C]``: stored pixels that are not finite, and are not marked as missing either.
    """

    pixels: np.ndarray
    means: np.ndarray
    nan: np.ndarray


@frozen(kw_only=True, eq=False)
class Survey:
    """A benchmark, and what n of its samples hold.

    Attributes:
        benchmark: what is checked.
        read: int ``[n]``: the places of the samples that were read among all of the benchmark, ascending.
        values: sensor -> its pixels.
        digests: of the pixels' bytes of each sample; "" for one without pixels.
        latlon: degrees, float64 ``[n, 2]``; NaN where unknown.
        is_part: whether samples are windows of larger ones, whose place theirs is not.
        extent: metres along one side of each sample, float64 ``[n]``.
        dates: int ``[t, 3]`` of each sample: day, month from 0, year.
        temperatures: of the air on these dates, float64 ``[t]`` of each sample; NaN where they are not known.
        labels: how often each class occurs, in all samples of the benchmark.
    """

    benchmark: Benchmark
    read: np.ndarray
    values: dict[str, SensorValues]
    digests: tuple[str, ...]
    latlon: np.ndarray
    is_part: bool
    extent: np.ndarray
    dates: tuple[np.ndarray, ...]
    temperatures: tuple[np.ndarray, ...]
    labels: LabelCounts

    @property
    def sensors(self) -> SensorSet:
        """What the samples hold."""
        return self.benchmark.inputs.sensors

    def mean(self, sensor: str, band: str) -> np.ndarray:
        """The means of a band, float64 ``[n]``; NaN where a sample lacks it."""
        means: np.ndarray = self.values[sensor].means[:, self.sensors[sensor].bands.index(band)]
        return means

    def has(self, sensor: str, *bands: str) -> bool:
        """Whether any sample holds all of these bands."""
        if sensor not in self.values or any(band not in self.sensors[sensor].bands for band in bands):
            return False
        found = np.stack([self.mean(sensor, band) for band in bands])
        return bool(np.isfinite(found).all(axis=0).any())


def survey(benchmark: Benchmark, most: int | None = None) -> Survey:
    """Read samples, evenly taken where there are more than wanted.

    Args:
        benchmark: what is checked.
        most: samples to read; None for all. Labels are looked at in all.

    Raises:
        DataError: where a sample cannot be read.
    """
    total = len(benchmark.numbers)
    count = total if most is None else min(most, total)
    read = np.unique(np.linspace(0, total - 1, count).astype(np.int64))
    taken = int(np.clip(MOST_PIXELS // len(read), 16, MOST_OF_A_SAMPLE))
    parts = _parts(benchmark, benchmark.numbers[read], taken)
    return Survey(
        benchmark=benchmark,
        read=read,
        values={spec.name: _values(spec.name, len(spec.bands), parts) for spec in benchmark.inputs.sensors},
        digests=tuple(part.digest for part in parts),
        latlon=np.array([part.latlon for part in parts], dtype=np.float64),
        is_part=any(part.is_part for part in parts),
        extent=np.array([part.extent for part in parts]),
        dates=tuple(part.dates for part in parts),
        temperatures=_temperatures(benchmark, read, parts),
        labels=LabelCounts.of(benchmark),
    )


@frozen(kw_only=True, eq=False)
class _Part:
    """What is kept of one sample."""

    pixels: dict[str, np.ndarray]
    means: dict[str, np.ndarray]
    nan: dict[str, np.ndarray]
    digest: str
    latlon: np.ndarray
    is_part: bool
    extent: float
    dates: np.ndarray
    temperatures: np.ndarray

    @classmethod
    def of(cls, sample: SampleWindow, sensors: SensorSet, taken: int) -> "_Part":
        pixels, means, nan, extent = {}, {}, {}, 0.0
        digest = hashlib.sha256()
        for spec in sensors:
            stored = sample.bands.get(spec.name)
            if stored is None:
                continue
            flat = np.asarray(stored).reshape(-1, len(spec.bands)).astype(np.float32)
            nan[spec.name] = (~np.isfinite(flat)).sum(axis=0)
            known = np.where((flat == NODATA) | ~np.isfinite(flat), np.nan, flat)
            there = np.isfinite(known)
            if there.any():
                digest.update(f"{spec.name} {flat.shape}".encode() + flat.tobytes())
            sums, counts = np.where(there, known, 0).sum(axis=0, dtype=np.float64), there.sum(axis=0)
            means[spec.name] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
            rows = np.unique(np.linspace(0, len(flat) - 1, min(taken, len(flat))).astype(np.int64))
            pixels[spec.name] = known[rows]
            if spec.spatial:
                extent = max(extent, stored.shape[0] * spec.gsd)
        found = any(np.isfinite(values).any() for values in means.values())
        return cls(
            pixels=pixels,
            means=means,
            nan=nan,
            digest=digest.hexdigest() if found else "",
            latlon=np.asarray(sample.latlon, dtype=np.float64),
            is_part=bool(sample.row or sample.column),
            extent=extent,
            dates=np.asarray(sample.timestamps),
            temperatures=_of_weather(sample, sensors),
        )


def _of_weather(sample: SampleWindow, sensors: SensorSet) -> np.ndarray:
    """Temperatures from the pixels of a weather sensor, ``[t]``."""
    out = np.full(len(sample.timestamps), np.nan)
    for name, band in TEMPERATURES.items():
        if name in sensors and name in sample.bands:
            stored = np.asarray(sample.bands[name], dtype=np.float64)[..., sensors[name].bands.index(band)]
            by_date = np.moveaxis(stored, -1, 0).reshape(stored.shape[-1], -1).mean(axis=1)
            out[sample.present[name]] = np.where(by_date > 0, by_date, np.nan)
    return out


def _temperatures(benchmark: Benchmark, read: np.ndarray, parts: list[_Part]) -> tuple[np.ndarray, ...]:
    """What the benchmark knows beside its pixels, else what those say."""
    known = benchmark.temperatures()
    return tuple(part.temperatures for part in parts) if known is None else tuple(known[read])


def _parts(benchmark: Benchmark, numbers: np.ndarray, taken: int) -> list[_Part]:
    """What is kept of some samples, in the order of their numbers, whatever order they are read in."""
    found: dict[int, _Part] = {}
    for here, samples in benchmark.samples(numbers):
        kept = (_Part.of(sample, benchmark.inputs.sensors, taken) for sample in samples)
        found.update(zip(np.asarray(here).tolist(), kept, strict=True))
    return [found[number] for number in numbers.tolist()]


def _values(name: str, bands: int, parts: list[_Part]) -> SensorValues:
    absent, none = np.full(bands, np.nan), np.zeros((0, bands), np.float32)
    return SensorValues(
        pixels=np.concatenate([none, *(part.pixels[name] for part in parts if name in part.pixels)]),
        means=np.stack([part.means.get(name, absent) for part in parts]),
        nan=np.sum([part.nan.get(name, np.zeros(bands, np.int64)) for part in parts], axis=0),
    )
