"""A benchmark of arrays, right in every respect unless a test says otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkFacts, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

RNG = np.random.default_rng(0)
LEVEL_1C = dict(
    zip(
        ("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09", "B10"),
        (1100, 1000, 900, 2600, 1200, 2100, 2500, 2800, 1900, 1100, 1300, 900, 15),
        strict=True,
    )
)
"""Means over vegetation above the atmosphere, as in real samples."""


def optical(samples: int = 40, side: int = 4, bands: Mapping[str, float] = LEVEL_1C) -> np.ndarray:
    """Level 1C over land, float32 ``[n, side, side, 1, 13]``."""
    means = np.array(list(bands.values()))
    noise = RNG.normal(1, 0.1, (samples, side, side, 1, len(means)))
    return np.round(means * noise).astype(np.float32)


def radar(samples: int = 40, side: int = 4) -> np.ndarray:
    """Decibels of VV and VH."""
    return RNG.normal((-11, -18), 1.5, (samples, side, side, 1, 2)).astype(np.float32)


class ArraysBenchmark(Benchmark):
    """Samples of arrays.

    Args:
        pixels: sensor -> [n, ..., C].
        labels: two classes in turn if unset.
        said: facts in place of the usual ones.
        train: the first half if unset.
        test: what is not trained on if unset.
        groups: each sample its own if unset.
        latlon: unknown if unset.
        dates: [n, t, 3].
        degrees: [n, t], of the air.
    """

    def __init__(
        self,
        pixels: Mapping[str, np.ndarray],
        *,
        labels: np.ndarray | None = None,
        said: Mapping[str, Any] | None = None,
        train: Sequence[bool] | np.ndarray | None = None,
        test: Sequence[bool] | np.ndarray | None = None,
        groups: np.ndarray | None = None,
        latlon: np.ndarray | None = None,
        dates: np.ndarray | None = None,
        degrees: np.ndarray | None = None,
    ) -> None:
        self.pixels = pixels
        n = len(next(iter(pixels.values())))
        self._labels = np.arange(n) % 2 if labels is None else labels
        sensors = SensorSet.of(list(pixels))
        usual = {"task": "classification", "classes": ("one", "other"), "sensors": sensors, "version": "1"}
        self._facts = BenchmarkFacts(**{**usual, **(said or {})})
        self._inputs = ModelInputs(sensors=sensors, patch_size=1)
        train = np.arange(n) < n // 2 if train is None else np.asarray(train)
        self._split = Split(train, ~train if test is None else np.asarray(test))
        self._groups = np.arange(n) if groups is None else groups
        self._latlon = np.full((n, 2), np.nan) if latlon is None else latlon
        self._dates = np.tile([[1, 6, 2020]], (n, 1, 1)) if dates is None else dates
        self._degrees = degrees

    @property
    def facts(self) -> BenchmarkFacts:
        return self._facts

    @property
    def inputs(self) -> ModelInputs:
        return self._inputs

    @property
    def labels(self) -> np.ndarray:
        return self._labels

    @property
    def groups(self) -> np.ndarray:
        return self._groups

    @property
    def draws(self) -> tuple[tuple[Split, ...], ...]:
        return ((self._split,),)

    def temperatures(self) -> np.ndarray | None:
        return self._degrees

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = 16
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """The last first, since benchmarks may read in any order."""
        numbers = (self.numbers if numbers is None else numbers)[::-1]
        for start in range(0, len(numbers), batch_size):
            here = numbers[start : start + batch_size]
            yield here, [self._sample(int(number)) for number in here]

    def _sample(self, number: int) -> SampleWindow:
        bands = {name: values[number] for name, values in self.pixels.items()}
        return SampleWindow(
            index=number,
            bands=bands,
            present={name: np.ones(values.shape[-2], bool) for name, values in bands.items()},
            timestamps=self._dates[number],
            latlon=self._latlon[number].astype(np.float32),
        )
