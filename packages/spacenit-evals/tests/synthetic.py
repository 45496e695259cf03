"""Benchmarks, embedders and protocols that are arrays, for tests of what an evaluation does with them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkConfig, BenchmarkFacts, Split
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, EvaluatedModel
from spacenit_core.kinds.protocols import LabelledSplit, Predicted, Prediction, ProtocolConfig
from spacenit_core.kinds.tasks import DENSE, TASKS, Task
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

SENSORS = SensorSet.of(["sentinel1"])


@frozen(kw_only=True, eq=False)
class ArrayBenchmark(Benchmark):
    """Labels at hand; a sample's pixels hold its number."""

    config: "Arrays"
    inputs: ModelInputs

    @property
    def facts(self) -> BenchmarkFacts:
        classes = tuple(f"class {number}" for number in range(self.config.classes))
        return BenchmarkFacts(task=self.config.task, classes=classes, sensors=SENSORS, version="1", group="site")

    @property
    def labels(self) -> np.ndarray:
        return self.config.truth

    @property
    def groups(self) -> np.ndarray:
        return np.arange(len(self.labels)) // self.config.group

    @property
    def draws(self) -> Sequence[tuple[Split, ...]]:
        test = np.arange(len(self.labels)) >= len(self.labels) // 3
        return tuple((Split(~test, test),) for _ in range(self.config.draws))

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = 16
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        numbers = self.numbers if numbers is None else numbers
        for start in range(0, len(numbers), batch_size):
            here = numbers[start : start + batch_size]
            yield here, [_sample(int(number)) for number in here]


def _sample(number: int) -> SampleWindow:
    return SampleWindow(
        index=number,
        bands={"sentinel1": np.full((4, 4, 1, 2), number, np.float32)},
        present={"sentinel1": np.ones(1, bool)},
        timestamps=np.array([[1, 0, 2020]], np.int32),
        latlon=np.full(2, np.nan, np.float32),
    )


@frozen(kw_only=True, eq=False)
class Arrays(BenchmarkConfig):
    """Any task, from labels."""

    task: Task
    truth: Any
    classes: int = 1
    group: int = 3
    draws: int = 1

    @property
    def predicts(self) -> Task:  # type: ignore[override]
        return self.task

    def offers(self) -> SensorSet:
        return SENSORS

    def build(self, takes: ModelInputs) -> ArrayBenchmark:
        return ArrayBenchmark(config=self, inputs=takes)


@frozen(kw_only=True)
class Numbered(EmbedderConfig):
    """The vector of a sample is its number, plus a shift that tells one embedder from another."""

    shift: float = 0.0

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "Numbered":
        return self

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        return np.array([[sample.index + self.shift] for sample in samples], np.float32)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        return np.broadcast_to(self.pooled(samples)[:, None, None], (len(samples), 2, 2, 1)).copy()


@frozen(kw_only=True, eq=False)
class Given(ProtocolConfig):
    """Predicts what it was given for each sample; of an embedder with a shift what `others` says."""

    tasks = TASKS

    values: Any
    scores: Any = None
    others: Any = None
    parts: int = 0
    seeds: int = 1
    seen: list[LabelledSplit] = field(factory=list)

    def repeats(self) -> tuple["Given", ...]:
        return (self,) * self.seeds

    def build(self) -> "Given":
        return self

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Predicted:
        self.seen.append(split)
        vectors = split.test.grid(embedder) if split.task in DENSE else split.test.pooled(embedder)
        numbers = np.asarray(vectors).reshape(len(split.test.labels), -1)[:, 0]
        values = self.values if self.others is None or float(numbers[0]).is_integer() else self.others
        places = np.floor(numbers).astype(int)
        scores = None if self.scores is None else self.scores[places]
        if not self.parts:
            return Prediction(values=values[places], scores=scores)
        return (
            Prediction(values=values[here], scores=None if self.scores is None else self.scores[here])
            for here in np.array_split(places, self.parts)
        )
