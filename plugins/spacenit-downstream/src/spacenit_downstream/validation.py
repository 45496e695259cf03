"""Benchmark `validation_samples`: the validation samples of another benchmark in place of its test samples."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from attrs import evolve, frozen

from spacenit_core.config.fields import setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import (
    BATCH_SIZE,
    Benchmark,
    BenchmarkConfig,
    Draw,
    Labels,
    Split,
)
from spacenit_core.kinds.tasks import Task
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.of_another import OfAnother
from spacenit_evals.chosen_labels import chosen_labels


def has_validation_samples(benchmark: Benchmark) -> bool:
    """Whether each of its splits has samples for validation."""
    sides = [split.validation for draw in benchmark.draws for split in draw]
    return all(side is not None and bool(side.any()) for side in sides)


@frozen(kw_only=True)
class ValidationSamplesOf(BenchmarkConfig):
    """Another benchmark's training and validation samples, the latter to score; its test samples are not read."""

    of: BenchmarkConfig | None = setting("the other benchmark", None)

    @property
    def predicts(self) -> Task:  # type: ignore[override]
        """The other's task."""
        return self.whole.predicts

    def for_run(self, experiment: Mapping[str, Any]) -> Self:
        """The same of the other one for a run."""
        return evolve(self, of=self.whole.for_run(experiment))

    def offers(self) -> SensorSet:
        """The other's sensors."""
        return self.whole.offers()

    @property
    def whole(self) -> BenchmarkConfig:
        """The other benchmark.

        Raises:
            UserError: where none is named.
        """
        if self.of is None:
            raise UserError("no benchmark is named whose validation samples are scored", "--benchmark.of=NAME names it")
        return self.of

    def build(self, takes: ModelInputs) -> Benchmark:
        """Open the other one.

        Raises:
            UserError: where none is named, or it has no samples for validation.
        """
        opened = self.whole.build(takes)
        if not has_validation_samples(opened):
            raise UserError("it has no samples for validation", "evaluate on its test samples")
        return ValidationSamples(opened)


class ValidationSamples(OfAnother):
    """See `ValidationSamplesOf`.

    Args:
        whole: the benchmark, opened; it has validation samples.
    """

    def __init__(self, whole: Benchmark) -> None:
        super().__init__(whole)
        self._sides = [tuple((split.train, np.asarray(split.validation)) for split in draw) for draw in whole.draws]
        self._read: np.ndarray = np.any([train | scored for draw in self._sides for train, scored in draw], axis=0)

    @property
    def labels(self) -> Labels:
        """Of the samples that are read."""
        return chosen_labels(self.whole, np.flatnonzero(self._read))

    @property
    def groups(self) -> np.ndarray:
        """Likewise."""
        return self.whole.groups[self._read]

    @property
    def draws(self) -> Sequence[Draw]:
        """The whole's, with the validation samples in place of the test samples."""
        kept = self._read
        return [tuple(Split(train[kept], scored[kept]) for train, scored in draw) for draw in self._sides]

    @property
    def numbers(self) -> np.ndarray:
        """Likewise, as the whole numbers them."""
        return self.whole.numbers[self._read]

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Read samples as the whole does."""
        return self.whole.samples(self.numbers if numbers is None else numbers, batch_size)

    def temperatures(self) -> np.ndarray | None:
        """Of the samples that are read, where the whole has them."""
        found = self.whole.temperatures()
        return None if found is None else found[self._read]

    def settled(self, held: np.ndarray) -> Self:
        """Without samples that hold nothing, which the whole leaves out."""
        everywhere = np.ones((len(self._read), held.shape[1]), dtype=bool)
        everywhere[self._read] = held
        return type(self)(self.whole.settled(everywhere))

    def setup(self) -> dict[str, object]:
        """As the whole says, and that these are no test samples."""
        return {**self.whole.setup(), "scored": "validation samples"}
