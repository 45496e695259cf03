"""Vectors that are kept under the content of all that they depend on."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from attrs import evolve, frozen

from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.checkpoint import load_run
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.vectors.cache import EmbeddingCache, SamplesDigest

from .synthetic import Arrays, Given, _sample

N = 30


@frozen(kw_only=True)
class Counting(EmbedderConfig):
    """Says how often it embedded."""

    adapter: ClassVar[str] = "1"
    embedded: ClassVar[list[int]] = []

    weights: str = "a"
    scale: float = 1.0
    device: str = "cpu"

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        return ModelFacts(weights=self.weights, sha256=self.weights * 8)

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "Counting":
        return self

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        self.embedded.append(len(samples))
        return np.array([[sample.index, self.scale] for sample in samples], np.float32)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        return self.pooled(samples)[:, None, None]


def run(folder: Path, config: Counting, truth: np.ndarray | None = None, **changes: object) -> int:
    """How many samples were embedded for an evaluation."""
    Counting.embedded.clear()
    truth = np.arange(N) % 3 if truth is None else truth
    benchmark = Arrays(task="classification", truth=truth, classes=3)
    benchmark = evolve(benchmark, **changes)  # type: ignore[arg-type]
    evaluate(config, benchmark, {"given": Given(values=truth)}, cache=EmbeddingCache(folder))
    return sum(Counting.embedded)


def test_the_same_vectors_are_made_once(tmp_path: Path) -> None:
    assert run(tmp_path, Counting()) == N
    assert run(tmp_path, Counting()) == 0
    assert run(tmp_path, Counting(device="cuda")) == 0, "where it is computed changes no vector"
    assert run(tmp_path, Counting(), group=2) == 0, "nor does how samples are grouped"


def test_what_changes_vectors_makes_them_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, Counting())
    assert run(tmp_path, Counting(weights="b")) == N
    assert run(tmp_path, Counting(scale=2.0)) == N
    monkeypatch.setattr(Counting, "adapter", "2")
    assert run(tmp_path, Counting()) == N
    monkeypatch.setattr(Counting, "adapter", "1")
    assert run(tmp_path, Counting()) == 0
    assert run(tmp_path, Counting(), np.arange(N + 3) % 3) == N + 3, "other samples"


def test_an_embedder_that_says_nothing_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "adapter", "")
    assert run(tmp_path, Counting()) == N == run(tmp_path, Counting())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["cut", "flip", "no record", "record"])
def test_damaged_vectors_are_made_again(tmp_path: Path, how: str) -> None:
    run(tmp_path, Counting())
    (path,) = tmp_path.rglob("*.npy")
    record = path.with_suffix(".json")
    data = bytearray(path.read_bytes())
    if how == "cut":
        path.write_bytes(data[:-3])
    if how == "flip":
        data[-1] ^= 1
        path.write_bytes(data)
    if how == "no record":
        record.unlink()
    if how == "record":
        record.write_text("{")
    assert run(tmp_path, Counting()) == N
    assert run(tmp_path, Counting()) == 0


def test_samples_are_told_apart_by_all_that_they_hold() -> None:
    def digest(*samples: SampleWindow) -> str:
        found = SamplesDigest()
        for number, sample in enumerate(samples):
            found.add([number], [sample])
        return found.hexdigest()

    one, two = _sample(1), _sample(2)
    together = SamplesDigest()
    together.add([0, 1], [one, two])
    assert together.hexdigest() == digest(one, two), "batches do not count"
    later = evolve(one, timestamps=one.timestamps + 1)
    shorter = evolve(one, present={"sentinel1": np.zeros(1, bool)})
    elsewhere = evolve(one, latlon=np.zeros(2, np.float32))
    typed = evolve(one, bands={"sentinel1": one.bands["sentinel1"].astype(np.float64)})
    found = [digest(sample) for sample in (one, two, later, shorter, elsewhere, typed)]
    assert len(set(found)) == len(found)


def test_a_run_is_embedded_once_and_scores_the_same(run_folder: Path, labels: Path, tmp_path: Path) -> None:
    config = LabelledRasters(labels=(str(labels),), window=4, block=160.0, draws=2)
    cache = EmbeddingCache(tmp_path)
    without = evaluate(load_run(run_folder), config, KNN())
    first, again = (evaluate(load_run(run_folder), config, KNN(), cache=cache) for _ in range(2))
    assert without.scores == first.scores == again.scores
    assert first.origin.models["pretrained"].seconds == again.origin.models["pretrained"].seconds > 0
    assert len(list(tmp_path.rglob("*.npy"))) == 1
    other = evaluate(load_run(run_folder / "step3"), config, KNN(), cache=cache)
    assert other.scores != first.scores and len(list(tmp_path.rglob("*.npy"))) == 2
    assert first.origin.key == again.origin.key != other.origin.key
    assert first.origin.models["pretrained"].seen.startswith("ground of ")
