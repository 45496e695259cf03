"""Labelled samples from any source, as a benchmark."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from attrs import field, frozen

from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkFacts, Draw, Labels
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow


class SampleSource(Protocol):
    """Where n samples come from."""

    def sample(self, number: int) -> SampleWindow:
        """One sample, in the units of the sensors.

        Raises:
            DataError: where it cannot be read.
        """
        ...


@frozen(kw_only=True, eq=False)
class LabelledSamples(Benchmark):
    """Samples with a label each.

    Attributes:
        source: where the samples come from.
        facts: what they are.
        inputs: what they hold for the models.
        labels: by task, see `Benchmark.labels`.
        groups: int ``[n]``.
        draws: training and test samples.
        told: what a report says of the benchmark's settings.
        said: what became of samples and inputs.
        warmth: temperatures, see `Benchmark.temperatures`.
    """

    source: SampleSource
    facts: BenchmarkFacts
    inputs: ModelInputs
    labels: Labels
    groups: np.ndarray
    draws: tuple[Draw, ...]
    told: Mapping[str, object]
    said: Mapping[str, object] = field(factory=dict)
    warmth: np.ndarray | None = None

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Samples in the units of the sensors."""
        numbers = self.numbers if numbers is None else numbers
        for start in range(0, len(numbers), batch_size):
            here = numbers[start : start + batch_size]
            yield here, [self.source.sample(int(number)) for number in here]

    def temperatures(self) -> np.ndarray | None:
        """Those of the source."""
        return self.warmth

    def setup(self) -> dict[str, object]:
        """What holds for every benchmark, and the settings of this one."""
        return {**super().setup(), **self.told}

    def remarks(self) -> dict[str, object]:
        """What became of samples and inputs."""
        return dict(self.said)
