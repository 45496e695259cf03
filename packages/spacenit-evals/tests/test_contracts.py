"""The three contracts together: any embedder on any benchmark by any protocol, from Python."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.baselines import BaselineConfig
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, EvaluatedModel, Trainable
from spacenit_core.kinds.probes import ProbeConfig
from spacenit_core.kinds.protocols import LabelledSplit, ProtocolConfig
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.labelled_rasters.benchmark import LabelledCells
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.vectors.embeddings import Embeddings, parts_of


@frozen(kw_only=True)
class Brightness(EmbedderConfig):
    """The mean of every band of Sentinel-2 in each month, in stored units."""

    def takes(self, model: EvaluatedModel | None, patch_size: int) -> ModelInputs | None:
        from spacenit_core.sensors.selection import SensorSet

        return ModelInputs(sensors=SensorSet.of(["sentinel2_l2a"]), patch_size=patch_size)

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "Means":
        return Means()


class Means:
    """What it was handed, for the test to look at."""

    def __init__(self) -> None:
        self.handed: list[SampleWindow] = []

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        self.handed.extend(samples)
        months = [self._months(sample) for sample in samples]
        return np.stack(months).astype(np.float32)

    def _months(self, sample: SampleWindow) -> np.ndarray:
        found = np.full((12, 12), np.nan)
        found[sample.present["sentinel2_l2a"]] = sample.bands["sentinel2_l2a"].mean(axis=(0, 1))
        return found.reshape(-1)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        return self.pooled(samples)[:, None, None]


def rasters(h5py_dir: Path, labels: Path, **changes: object) -> LabelledRasters:
    settings = {"labels": (str(labels),), "h5py_dir": h5py_dir, "window": 4, "block": 160.0, "draws": 2}
    return LabelledRasters(**(settings | changes))  # type: ignore[arg-type]


def test_an_embedder_is_evaluated_without_a_model_of_ours(h5py_dir: Path, labels: Path) -> None:
    report = evaluate(Brightness(), rasters(h5py_dir, labels), KNN(), beside={"raw_pixels": RawPixels()})
    assert [(score.probe, score.features) for score in report.scores][1:] == [("knn", "raw_pixels")]
    assert report.scores[0].gain is None and report.scores[1].gain is not None
    assert report.scores[0].metrics["accuracy"].value > 0.9
    assert report.facts["sensors"] == ["sentinel2_l2a"] and report.step is None


def test_what_takes_anything_gets_the_imagery_of_the_set(h5py_dir: Path, labels: Path) -> None:
    report = evaluate(RawPixels(), rasters(h5py_dir, labels), {"five": KNN(k=5)})
    assert report.run == "raw_pixels" and report.scores[0].probe == "five"
    assert sorted(report.facts["sensors"]) == ["sentinel1", "sentinel2_l2a"]  # type: ignore[call-overload]


def test_samples_come_in_stored_units(h5py_dir: Path, labels: Path) -> None:
    opened = rasters(h5py_dir, labels).build(Brightness().takes(None, 4))  # type: ignore[arg-type]
    embedder = Means()
    Embeddings(opened, {"means": embedder})
    assert len(embedder.handed) == len(opened.labels)
    assert all(sample.bands["sentinel2_l2a"].dtype == np.uint16 for sample in embedder.handed)
    assert opened.facts.sensors["sentinel2_l2a"].units and len(opened.facts.classes) == 3


def test_vectors_come_by_number_whatever_the_batches(h5py_dir: Path, labels: Path) -> None:
    opened = rasters(h5py_dir, labels).build(Brightness().takes(None, 4))  # type: ignore[arg-type]
    means, told = Means(), list[tuple[int, int]]()
    embeddings = Embeddings(opened, {"means": means}, lambda done, total: told.append((done, total)))
    assert told[-1] == (len(opened.labels), len(opened.labels)) and len(told) > 1
    chosen = np.random.default_rng(0).permutation(len(opened.labels))[:30]
    read = dict[int, SampleWindow]()
    for numbers, samples in opened.samples(np.sort(chosen), batch_size=7):
        assert len(samples) <= 7
        read |= zip(map(int, numbers), samples, strict=True)
    expected = means.pooled([read[int(number)] for number in chosen])
    np.testing.assert_array_equal(embeddings.pooled(means, chosen), expected)
    np.testing.assert_array_equal(embeddings.grid(means, chosen)[:, 0, 0], expected)


def test_the_parts_of_a_split_belong_together(h5py_dir: Path, labels: Path) -> None:
    opened = rasters(h5py_dir, labels).build(Brightness().takes(None, 4))  # type: ignore[arg-type]
    means = Means()
    embeddings = Embeddings(opened, {"means": means})
    parts = parts_of(opened, embeddings, opened.draws[0][0])
    assert not {*parts.train.groups} & {*parts.test.groups} and parts.validation is None
    labels_of = {row.tobytes(): label for row, label in zip(parts.train.pooled(means), parts.train.labels, strict=True)}
    read = [(means.pooled(samples), found) for samples, found in parts.train.batches(16)]
    assert sum(len(found) for _, found in read) == len(parts.train.labels)
    for vectors, found in read:
        assert [labels_of[row.tobytes()] for row in vectors] == found.tolist()


@frozen(kw_only=True)
class FineTuning(ProtocolConfig):
    """Trains the model itself, with a linear head, for some steps."""

    def build(self) -> "FineTuning":
        return self

    def predict(self, embedder: Embedder, split: LabelledSplit) -> np.ndarray:
        if not isinstance(embedder, Trainable):
            raise UserError("this embedder cannot be trained")
        torch.manual_seed(0)
        model, head = embedder.trainable(), torch.nn.Linear(32, 3)
        weights = [*model.parameters(), *head.parameters()]
        optimizer = torch.optim.AdamW(weights, lr=3e-3)
        for _ in range(3):
            for samples, labels in split.train.batches(32):
                optimizer.zero_grad()
                logits = head(model(samples).mean(dim=(1, 2)))
                torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels).long()).backward()
                optimizer.step()
        predicted = np.full(len(split.test.labels), split.train.labels[0])
        place = 0
        with torch.no_grad():
            for samples, _ in split.test.batches(64):
                found = head(model(samples).mean(dim=(1, 2))).argmax(1).numpy()
                predicted[place : place + len(found)] = found
                place += len(found)
        return predicted


def test_a_protocol_may_train_the_model(trained: TrainedRun, labels: Path) -> None:
    before = [value.clone() for value in trained.encoder.parameters()]
    config = LabelledRasters(labels=(str(labels),), window=4, block=160.0, draws=1, sensors=("sentinel1",))
    inputs = ModelEncoder().takes(trained, 4)
    opened = config.for_run(trained.experiment).build(inputs)
    assert isinstance(opened, LabelledCells)
    embedder = ModelEncoder().build(trained, opened.inputs)
    assert isinstance(embedder, Trainable) and all(p.requires_grad for p in embedder.trainable().parameters())
    report = evaluate(trained, config, {"finetune": FineTuning()})
    assert report.score("finetune", "pretrained").metrics["accuracy"].value > 0
    assert all(torch.equal(*pair) for pair in zip(before, trained.encoder.parameters(), strict=True))
    with pytest.raises(UserError, match="cannot be trained"):
        evaluate(RawPixels(), config.for_run(trained.experiment), {"finetune": FineTuning()})


@frozen(kw_only=True)
class OldProbe(ProbeConfig):
    """The class that is most frequent, as a probe was written before."""

    def build(self) -> "OldProbe":
        return self

    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> np.ndarray:
        return np.full(len(test), np.bincount(labels).argmax())


@frozen(kw_only=True)
class OldBaseline(BaselineConfig):
    """The normalised mean of Sentinel-1, as a baseline was written before."""

    def build(self, experiment: object):  # type: ignore[no-untyped-def]
        assert experiment is not None

        def means(batch: Batch) -> np.ndarray:
            return batch.pixels["sentinel1"].mean(dim=(1, 2, 3)).numpy()

        return means


def test_entries_of_the_release_before_work(trained: TrainedRun, labels: Path) -> None:
    config = LabelledRasters(labels=(str(labels),), window=4, block=160.0, draws=1, sensors=("sentinel1",))
    report = evaluate(trained, config, {"old": OldProbe(), "knn": KNN()}, beside={"means": OldBaseline()})
    assert report.score("old", "means").metrics["balanced accuracy"].value == pytest.approx(1 / 3)
    assert report.score("knn", "means").metrics["balanced accuracy"].value > 0.2


def test_a_model_is_named_by_its_path(run_folder: Path, labels: Path) -> None:
    config = LabelledRasters(labels=(str(labels),), window=4, block=160.0, draws=1)
    one, other = (evaluate(source, config, KNN()) for source in (run_folder, str(run_folder / "step7")))
    assert one.scores == other.scores and one.run == "small" and one.step == 7
