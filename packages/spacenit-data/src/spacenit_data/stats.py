"""Mean, deviation, range and percentiles of each band of a set, in one pass over its files."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from attrs import Factory, define, frozen

from spacenit_core.errors import UserError
from spacenit_core.sensors.absent import absent_bands_note
from spacenit_core.sensors.plausible import zero_pixels
from spacenit_core.sensors.spec import NODATA, MeanStd
from spacenit_data.h5.reader import open_sample
from spacenit_data.listing import listed_sensors
from spacenit_data.pool import ordered_map
from spacenit_data.sample_set import (
    as_images,
    find_set,
    installed_spec,
    sample_numbers,
    sample_path,
    sensor_names,
)
from spacenit_data.unit_mismatches import find_in_images, say

PERCENTILES = (1.0, 50.0, 99.0)
PERCENTILE_PIXELS = 500_000
"""Pixels of each band, spread over all files, that percentiles are taken from."""


@define
class BandMoments:
    """Count, mean, sum of squared deviations and range of each band; merged by the method of Chan et al. (1979).

    Attributes:
        count: int64 ``[C]``.
        mean: float64 ``[C]``.
        m2: float64 ``[C]``, sum of squared deviations from the mean.
        low: float64 ``[C]``, infinite where nothing was seen.
        high: float64 ``[C]``.
    """

    count: np.ndarray
    mean: np.ndarray
    m2: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> "BandMoments":
        """The moments of values ``[n, C]``, in which NaN is missing."""
        there = np.isfinite(values)
        count = there.sum(axis=0)
        mean = np.where(there, values, 0.0).sum(axis=0) / np.maximum(count, 1)
        m2 = np.where(there, (values - mean) ** 2, 0.0).sum(axis=0)
        low = np.where(there, values, np.inf).min(axis=0, initial=np.inf)
        high = np.where(there, values, -np.inf).max(axis=0, initial=-np.inf)
        return cls(count, mean, m2, low, high)

    def merge(self, other: "BandMoments") -> "BandMoments":
        """The moments of both together."""
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        difference = other.mean - self.mean
        return BandMoments(
            count,
            self.mean + difference * share,
            self.m2 + other.m2 + difference**2 * self.count * share,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
        )


@frozen
class SensorStatistics:
    """Statistics of one sensor over a set; missing pixels do not count.

    Attributes:
        sensor: its name.
        bands: its bands; numbers where no installed plugin declares it.
        samples: samples that have it.
        count: int64 ``[C]``, pixels that were there.
        missing: share of the stored numbers that are missing.
        mean: float64 ``[C]``, in stored units.
        std: float64 ``[C]``, population standard deviation.
        low: float64 ``[C]``; NaN where a band has no pixel.
        high: float64 ``[C]``.
        percentiles: float64 ``[len(PERCENTILES), C]``, from `PERCENTILE_PIXELS` pixels.
        doubts: what speaks against the units of some samples, and against zeros.
    """

    sensor: str
    bands: tuple[str, ...]
    samples: int
    count: np.ndarray
    missing: float
    mean: np.ndarray
    std: np.ndarray
    low: np.ndarray
    high: np.ndarray
    percentiles: np.ndarray
    doubts: tuple[str, ...] = ()

    def as_normalization(self) -> str:
        """The line for a `SensorSpec`: ``normalization=MeanStd(mean=(...), std=(...)),``.

        Bands without a pixel keep what the installed sensor has for them, or get 0 and 1: no value will be normalised.

        Raises:
            UserError: for a sensor without pixels, or a band whose pixels are all alike: it cannot be normalised.
        """
        if not self.count.any():
            raise UserError(f"{self.sensor} has no pixels: it cannot be normalised")
        for band, count, std in zip(self.bands, self.count, self.std, strict=True):
            if count and std == 0:
                raise UserError(f"band {band} of {self.sensor} has the same value everywhere: it cannot be normalised")
        mean, std = (
            ", ".join(f"{value:.8g}" for value in np.where(self.count > 0, found, known))
            for found, known in zip((self.mean, self.std), self._known(), strict=True)
        )
        comma = "," if len(self.bands) == 1 else ""
        return f"normalization=MeanStd(mean=({mean}{comma}), std=({std}{comma})),"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should look at before the numbers are used."""
        return (*self.doubts, *filter(None, (self.note,)))

    @property
    def note(self) -> str:
        """Which bands no sample has, and what a model does not see for want of them; empty where all are there."""
        spec = installed_spec(self.sensor)
        if spec is None or spec.bands != self.bands:
            return ""
        return absent_bands_note(spec, [band for band, count in zip(self.bands, self.count, strict=True) if count])

    def _known(self) -> tuple[np.ndarray, np.ndarray]:
        spec = installed_spec(self.sensor)
        if spec is not None and spec.bands == self.bands and isinstance(spec.normalization, MeanStd):
            return np.asarray(spec.normalization.mean), np.asarray(spec.normalization.std)
        return np.zeros(len(self.bands)), np.ones(len(self.bands))


def compute_statistics(
    folder: Path | str, sensors: Sequence[str] = (), *, workers: int = 1, progress: bool = False
) -> list[SensorStatistics]:
    """Read every file of a set once.

    Args:
        folder: the set's folder, or one above it.
        sensors: names of the sensors wanted; all if empty.
        workers: processes; the result does not depend on them.
        progress: whether to show a progress bar.

    Raises:
        UserError: if the set holds none of the sensors.
        DataError: if a file cannot be read.
    """
    folder = find_set(folder)
    numbers = sample_numbers(folder)
    each = max(1, PERCENTILE_PIXELS // max(1, len(numbers)))
    wanted = tuple(name.lower() for name in sensors)
    parts: dict[str, _Running] = {}
    read = partial(_read_file, folder, listed_sensors(folder), wanted, each)
    for found in ordered_map(read, numbers, workers=workers, label="reading ", progress=progress):
        for name, part in found.items():
            parts.setdefault(name, _Running(name)).add(part, folder)
    absent = [name for name in wanted if name not in parts]
    if absent or not parts:
        there = ", ".join(sorted(_names(folder, numbers[:100]))) or "no sensors"
        raise UserError(f"no sample of {folder} has {absent[0] if absent else 'any sensor'}", f"the set holds {there}")
    return [parts[name].finish() for name in sorted(parts)]


@frozen
class _Part:
    """What one file holds of a sensor: how many numbers, pixels of zeros, and some pixels, NaN where missing."""

    moments: BandMoments
    values: int
    some: np.ndarray
    zeros: int
    mismatch: str


@define
class _Running:
    sensor: str
    moments: BandMoments | None = None
    samples: int = 0
    values: int = 0
    zeros: int = 0
    some: list[np.ndarray] = Factory(list)
    mismatches: list[str] = Factory(list)

    def add(self, part: _Part, folder: Path) -> None:
        moments = part.moments
        if self.moments is not None and len(self.moments.count) != len(moments.count):
            raise UserError(
                f"files of {folder} hold {self.sensor} with {len(self.moments.count)} or {len(moments.count)} bands",
                f"find them with `spacenit-run data validate {folder}`",
            )
        self.moments = moments if self.moments is None else self.moments.merge(moments)
        self.samples += 1
        self.values += part.values
        self.zeros += part.zeros
        self.some.append(part.some)
        if part.mismatch:
            self.mismatches.append(part.mismatch)

    def doubts(self) -> tuple[str, ...]:
        found = []
        if self.mismatches:
            found.append(f"{len(self.mismatches)} of {self.samples} samples: {self.mismatches[0]}: other units?")
        if self.zeros and self.moments is not None:
            share = self.zeros * len(self.moments.count) / max(1, self.values)
            found.append(
                f"{share:.1%} of the pixels are 0 in all bands, which lie outside of such images, and count as real "
                "ones here: `spacenit-run data convert --from-h5` stores them as missing"
            )
        return tuple(found)

    def finish(self) -> SensorStatistics:
        assert self.moments is not None
        moments, some = self.moments, np.concatenate(self.some).astype(np.float64)
        spec = installed_spec(self.sensor)
        channels = len(moments.count)
        named = spec is not None and len(spec.bands) == channels
        known = [column[np.isfinite(column)] for column in some.T]
        columns = [np.percentile(v, PERCENTILES) if v.size else np.full(len(PERCENTILES), np.nan) for v in known]
        seen = moments.count > 0
        return SensorStatistics(
            sensor=self.sensor,
            bands=spec.bands if spec is not None and named else tuple(str(number) for number in range(channels)),
            samples=self.samples,
            count=moments.count,
            missing=1.0 - float(moments.count.sum()) / max(1, self.values),
            mean=np.where(seen, moments.mean, np.nan),
            std=np.where(seen, np.sqrt(moments.m2 / np.maximum(moments.count, 1)), np.nan),
            low=np.where(seen, moments.low, np.nan),
            high=np.where(seen, moments.high, np.nan),
            percentiles=np.stack(columns, axis=1),
            doubts=self.doubts(),
        )


def _read_file(
    folder: Path, listed: frozenset[str] | None, wanted: Sequence[str], each: int, number: int
) -> dict[str, _Part]:
    """Sensor -> what a file holds of it."""
    out = {}
    with open_sample(sample_path(folder, number)) as file:
        for name in sensor_names(file, listed):
            if wanted and name not in wanted:
                continue
            stored = file.pixels(name)
            values = stored.reshape(-1, stored.shape[-1]).astype(np.float64)
            values[values == NODATA] = np.nan
            rows = np.linspace(0, len(values) - 1, min(each, len(values))).astype(int)
            zeros, mismatch = _doubts(name, stored)
            out[name] = _Part(BandMoments.of(values), values.size, values[rows].astype(np.float32), zeros, mismatch)
    return out


def _doubts(name: str, stored: np.ndarray) -> tuple[int, str]:
    """How many pixels are zeros that lie outside of images, and what speaks against the units."""
    spec = installed_spec(name)
    if spec is None or len(spec.bands) != stored.shape[-1]:
        return 0, ""
    zeros, mismatch = zero_pixels(spec, stored), find_in_images(spec, as_images(stored, spec))
    return 0 if zeros is None else int(zeros.sum()), "" if mismatch is None else say(mismatch)


def _names(folder: Path, numbers: Iterable[int]) -> set[str]:
    names: set[str] = set()
    for number in numbers:
        with open_sample(sample_path(folder, number)) as file:
            names.update(sensor_names(file, listed_sensors(folder)))
    return names
