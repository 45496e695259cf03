"""Benchmarks that are another one, but for something."""

from collections.abc import Iterator, Sequence

import numpy as np

from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkFacts, Draw, Labels
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow


class OfAnother(Benchmark):
    """All as another benchmark has it; who inherits this says what differs, and makes itself anew in `settled`.

    Args:
        whole: the other one, opened.
    """

    def __init__(self, whole: Benchmark) -> None:
        self.whole = whole

    @property
    def facts(self) -> BenchmarkFacts:
        """The other's."""
        return self.whole.facts

    @property
    def inputs(self) -> ModelInputs:
        """The other's."""
        return self.whole.inputs

    @property
    def labels(self) -> Labels:
        """The other's."""
        return self.whole.labels

    @property
    def groups(self) -> np.ndarray:
        """The other's."""
        return self.whole.groups

    @property
    def draws(self) -> Sequence[Draw]:
        """The other's."""
        return self.whole.draws

    @property
    def numbers(self) -> np.ndarray:
        """The other's."""
        return self.whole.numbers

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Read samples as the other does."""
        return self.whole.samples(numbers, batch_size)

    def holds(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """As the other says."""
        return self.whole.holds(samples)

    def temperatures(self) -> np.ndarray | None:
        """The other's."""
        return self.whole.temperatures()

    def setup(self) -> dict[str, object]:
        """As the other says."""
        return self.whole.setup()

    def remarks(self) -> dict[str, object]:
        """As the other says."""
        return self.whole.remarks()
