"""A benchmark that is no raster of labels: what reports say of it, and what is refused."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from attrs import evolve, field, frozen

from spacenit_core.errors import PluginError, UserError
from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkConfig, BenchmarkFacts, Split
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, EvaluatedModel, Trainable
from spacenit_core.kinds.protocols import LabelledSplit, ProtocolConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import Report, evaluate
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.results.report import markdown, table

FIELDS, EACH = 16, 4
RADAR = SensorSet.of(["sentinel1"])


@frozen(kw_only=True)
class Fields(BenchmarkConfig):
    """Dark and bright fields, of which each has some samples."""

    folds: int = 1
    draws: int = 1
    regrouped: bool = False
    facts: BenchmarkFacts = field(
        default=BenchmarkFacts(
            task="classification",
            classes=("dark", "bright"),
            sensors=RADAR,
            version="fields 1",
            dates=("2020-01-01", "2020-02-01"),
        )
    )

    def offers(self) -> SensorSet:
        return RADAR

    def build(self, takes: ModelInputs) -> "OpenFields":
        sensors = SensorSet(tuple(spec for spec in takes.sensors if spec.name in RADAR))
        if self.regrouped:
            sensors = SensorSet.of(["sentinel1"], band_groups={"sentinel1": [["vv"], ["vh"]]})
        return OpenFields(self, evolve(takes, sensors=sensors))


class OpenFields(Benchmark):
    """Samples of 4 x 4 cells."""

    def __init__(self, config: Fields, inputs: ModelInputs) -> None:
        self.config = config
        self.own = inputs

    @property
    def facts(self) -> BenchmarkFacts:
        return self.config.facts

    @property
    def inputs(self) -> ModelInputs:
        return self.own

    @property
    def groups(self) -> np.ndarray:
        return np.arange(FIELDS * EACH) // EACH

    @property
    def labels(self) -> np.ndarray:
        return self.groups // 2 % 2

    @property
    def draws(self) -> tuple[tuple[Split, ...], ...]:
        tested = [self.groups % max(self.config.folds, 2) == fold for fold in range(self.config.folds)]
        return (tuple(Split(~test, test) for test in tested),) * self.config.draws

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = 50
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        numbers = self.numbers if numbers is None else numbers
        for here in np.array_split(numbers, -(-len(numbers) // batch_size)):
            yield here, [self._sample(int(number)) for number in here]

    def _sample(self, number: int) -> SampleWindow:
        level = -20 + 10 * self.labels[number]
        pixels = np.random.default_rng(number).normal(level, 1, (4, 4, 2, 2)).astype(np.float32)
        return SampleWindow(
            index=number,
            bands={"sentinel1": pixels},
            present={"sentinel1": np.ones(2, bool)},
            timestamps=np.array([[1, 0, 2020], [1, 1, 2020]]),
            latlon=np.zeros(2, np.float32),
        )


def said(report: Report) -> str:
    return " ".join(table(report).split())


def test_a_report_says_what_was_evaluated_on(trained: TrainedRun) -> None:
    report = evaluate(trained, Fields(), KNN(k=5), beside={"raw_pixels": RawPixels()})
    text = said(report)
    assert "32 training samples in 8 blocks (groups of samples that are alike), 32 test samples in 8 others" in text
    assert "64 samples of sentinel1." in text and "one draw of training and test samples" in text
    assert "Benchmark: Fields. Version: fields 1. Images: 2020-01-01 to 2020-02-01. Classes: 0 dark, 1 bright." in text
    assert report.facts["patch_size"] == 4 and "- version: fields 1" in markdown(report)
    assert "points" not in text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"folds": 4}, "64 test samples in 16 blocks (groups of samples that are alike), 4 folds of blocks tested in"),
        ({"draws": 2}, "2 draws of about 32 training samples in 8 blocks (groups"),
    ],
)
def test_folds_and_draws_are_told(settings: dict[str, int], text: str) -> None:
    assert text in said(evaluate(RawPixels(), Fields(**settings), KNN(k=5)))  # type: ignore[arg-type]


def test_inputs_are_those_of_the_model(trained: TrainedRun) -> None:
    with pytest.raises(PluginError, match="sentinel1 with other bands, groups or statistics than the model's"):
        evaluate(trained, Fields(regrouped=True), KNN())


def test_nothing_takes_the_place_of_the_evaluated_model(trained: TrainedRun) -> None:
    for model, name in ((trained, "pretrained"), (RawPixels(), "raw_pixels")):
        with pytest.raises(UserError, match=f"features are called {name}"):
            evaluate(model, Fields(), KNN(), beside={name: RawPixels()})


@pytest.mark.parametrize(
    ("benchmark", "protocol", "text"),
    [
        (Fields, KNN(), "a benchmark is a config"),
        (Fields(), "knn", "a protocol is a config"),
        (Fields(), [KNN()], "a protocol is a config"),
        (Fields(), {}, "a protocol is a config"),
        (Fields(), {"a/b": KNN()}, "'a/b' cannot name a row"),
    ],
)
def test_what_is_no_config_is_named(benchmark: object, protocol: object, text: str) -> None:
    with pytest.raises(UserError, match=text):
        evaluate(RawPixels(), benchmark, protocol)  # type: ignore[arg-type]


@frozen
class Learner(EmbedderConfig):
    """An embedder of others that can be trained."""

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "Learner":
        return self

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        return np.ones((len(samples), 2), np.float32)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        return np.ones((len(samples), 1, 1, 2), np.float32)

    def trainable(self) -> str:
        return "a copy"


@frozen
class Training(ProtocolConfig):
    """A protocol that asks for what can be trained."""

    def build(self) -> "Training":
        return self

    def predict(self, embedder: Embedder, split: LabelledSplit) -> np.ndarray:
        # As Python from 3.12 on looks for members.
        assert isinstance(embedder, Trainable) and hasattr(type(embedder), "trainable")
        assert str(embedder.trainable()) == "a copy"
        return np.zeros(len(split.test.labels), int)


def test_an_embedder_of_others_can_be_trained() -> None:
    report = evaluate(Learner(), Fields(), Training())
    assert report.scores[0].metrics["accuracy"].value == 0.5
