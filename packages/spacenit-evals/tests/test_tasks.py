"""All tasks through one evaluation, with scores that scikit-learn gives too."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from attrs import frozen
from sklearn import metrics as sklearn

from spacenit_core.errors import DataError, PluginError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals import evaluate
from spacenit_evals.results.paired import paired_gain, why_unlike
from spacenit_evals.results.predictions import read_predictions
from spacenit_evals.results.report import csv_text, markdown, table, write_report
from spacenit_evals.scores.intervals import BlockIntervals
from spacenit_evals.scores.metrics.confusions import mean_iou
from spacenit_evals.scores.metrics.rankings import ScoreHistogram

from .synthetic import ArrayBenchmark, Arrays, Given, Numbered

N, K, SIDE = 90, 4, 6
TEST = slice(N // 3, None)
RNG = np.random.default_rng(0)


def softmax(values: np.ndarray, axis: int) -> np.ndarray:
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return (powers / powers.sum(axis=axis, keepdims=True)).astype(np.float32)


def test_many_labels_are_scored_as_scikit_learn_does() -> None:
    truth = RNG.random((N, K)) < [0.5, 0.3, 0.1, 0.0]
    scores = np.round(np.clip(truth * 0.3 + RNG.random((N, K)) * 0.7, 0, 1), 1).astype(np.float32)
    values = scores > 0.5
    report = evaluate(
        Numbered(), Arrays(task="multilabel", truth=truth, classes=K), {"given": Given(values=values, scores=scores)}
    )
    found = {name: interval.value for name, interval in report.scores[0].metrics.items()}
    true, said, score = truth[TEST], values[TEST], scores[TEST]
    said_or_there = (true | said).any(axis=0)
    assert found["micro F1"] == pytest.approx(sklearn.f1_score(true, said, average="micro"))
    f1 = sklearn.f1_score(true, said, average=None, zero_division=0.0)
    assert found["macro F1"] == pytest.approx(f1[said_or_there].mean())
    occurs = true.any(axis=0)
    assert found["macro AUROC"] == pytest.approx(sklearn.roc_auc_score(true[:, occurs], score[:, occurs]))
    assert found["macro average precision"] == pytest.approx(
        sklearn.average_precision_score(true[:, occurs], score[:, occurs])
    )
    assert found["micro average precision"] == pytest.approx(
        sklearn.average_precision_score(true, score, average="micro")
    )
    assert report.primary == "micro F1" and list(report.scores[0].recall.values()) == pytest.approx(f1.tolist())
    interval = report.scores[0].metrics["micro F1"]
    assert 0 < interval.low < interval.value < interval.high < 1


def test_scores_of_classes_are_ranked() -> None:
    truth = np.arange(N) % 3
    scores = softmax(np.eye(4)[truth] + RNG.normal(size=(N, 4)), 1)
    values = scores[:, :3].argmax(axis=1)
    benchmark = Arrays(task="classification", truth=truth, classes=4, draws=2)
    report = evaluate(Numbered(), benchmark, {"given": Given(values=values, scores=scores, seeds=3)})
    found, true = report.scores[0], truth[TEST]
    each = [sklearn.roc_auc_score(true == label, scores[TEST][:, label]) for label in range(3)]
    precision = [sklearn.average_precision_score(true == label, scores[TEST][:, label]) for label in range(3)]
    assert found.metrics["macro AUROC"].value == pytest.approx(np.mean(each))
    assert found.metrics["macro average precision"].value == pytest.approx(np.mean(precision))
    assert len(found.draws) == 6 and report.predictions["given"].predicted["Numbered"].shape == (6, 60)
    expected = sklearn.confusion_matrix(true, values[TEST], labels=range(4))
    np.testing.assert_allclose(found.confusion, expected)


def test_numbers_are_scored_in_their_unit() -> None:
    truth = RNG.normal(50, 10, N)
    values, others = truth + RNG.normal(0, 3, N), truth + RNG.normal(0, 6, N)
    protocol = Given(values=values, others=others)
    benchmark = Arrays(task="regression", truth=truth)
    report = evaluate(Numbered(), benchmark, {"given": protocol}, beside={"worse": Numbered(shift=0.5)})
    found = report.scores[0].metrics
    assert found["RMSE"].value == pytest.approx(sklearn.root_mean_squared_error(truth[TEST], values[TEST]))
    assert found["MAE"].value == pytest.approx(sklearn.mean_absolute_error(truth[TEST], values[TEST]))
    assert found["R2"].value == pytest.approx(sklearn.r2_score(truth[TEST], values[TEST]))
    worse = report.scores[1]
    gain = sklearn.root_mean_squared_error(truth[TEST], others[TEST]) - found["RMSE"].value
    assert worse.gain is not None and worse.gain.value == pytest.approx(gain) and worse.gain.clear and gain > 0
    assert "RMSE" in table(report) and "R2" in markdown(report) and "no interval" in csv_text(report)


def maps(noise: float) -> tuple[np.ndarray, np.ndarray]:
    truth = RNG.integers(0, K - 1, (N, SIDE, SIDE)).astype(np.int16)
    values = np.where(RNG.random(truth.shape) < noise, RNG.integers(0, K, truth.shape), truth)
    truth[RNG.random(truth.shape) < 0.1] = -1
    return truth, values


@pytest.mark.parametrize("parts", [0, 7])
def test_maps_are_scored_by_pixels_that_count(parts: int) -> None:
    truth, values = maps(0.4)
    benchmark = Arrays(task="segmentation", truth=truth, classes=K)
    scores = softmax(np.moveaxis(np.eye(K)[values], -1, 1) + RNG.normal(size=(N, K, SIDE, SIDE)), 1)
    report = evaluate(Numbered(), benchmark, {"given": Given(values=values, scores=scores, parts=parts)})
    found, known = report.scores[0].metrics, truth[TEST] >= 0
    true, said = truth[TEST][known], values[TEST][known]
    assert found["mean IoU"].value == pytest.approx(sklearn.jaccard_score(true, said, average="macro"))
    assert found["accuracy"].value == pytest.approx(sklearn.accuracy_score(true, said))
    assert found["balanced accuracy"].value == pytest.approx(
        sklearn.recall_score(true, said, average="macro", labels=range(K - 1))
    )
    pixels = np.moveaxis(scores, 1, -1)[TEST][known]
    exact = [sklearn.roc_auc_score(true == label, pixels[:, label]) for label in range(K - 1)]
    assert found["macro AUROC"].value == pytest.approx(np.mean(exact), abs=1e-3)
    assert "histogram of 1000 bins" in found["macro AUROC"].reason
    assert found["mean IoU"].low < found["mean IoU"].value < found["mean IoU"].high


def test_the_interval_of_maps_is_that_of_their_pixels() -> None:
    truth, values = maps(0.4)
    groups = np.arange(N) // 3
    known = truth >= 0
    of_maps = BlockIntervals(groups, K).score(truth, values, mean_iou)
    pixels = np.broadcast_to(groups[:, None, None], truth.shape)[known]
    of_points = BlockIntervals(pixels, K).score(truth[known].astype(int), values[known], mean_iou)
    assert (of_maps.value, of_maps.low, of_maps.high) == pytest.approx((of_points.value, of_points.low, of_points.high))


def test_numbers_of_pixels_without_truth_do_not_count() -> None:
    truth = RNG.normal(size=(N, SIDE, SIDE)).astype(np.float32)
    values = truth + 0.5
    truth[:, 0] = np.nan
    report = evaluate(
        Numbered(), Arrays(task="pixel_regression", truth=truth), {"given": Given(values=values, parts=3)}
    )
    assert report.scores[0].metrics["RMSE"].value == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("task", ["multilabel", "regression", "segmentation", "pixel_regression"])
def test_predictions_are_kept_and_compared_without_a_model(task: str, tmp_path: Path) -> None:
    truth, values = maps(0.3)
    if task == "multilabel":
        truth, values = truth[:, 0, :K] > 1, values[:, 0, :K] > 1
    if task == "regression":
        truth, values = truth[:, 0, 0].astype(float), values[:, 0, 0].astype(float)
    if task == "pixel_regression":
        truth, values = truth.astype(np.float32), values.astype(np.float32)
    classes = 1 if task.endswith("regression") else K
    benchmark = Arrays(task=task, truth=truth, classes=classes)  # type: ignore[arg-type]
    shuffled = values[::-1].copy()
    for name, given in {"one": values, "other": shuffled}.items():
        write_report(evaluate(Numbered(), benchmark, {"given": Given(values=given)}), tmp_path / name)
    one, other = (read_predictions(tmp_path / name)["given"] for name in ("one", "other"))
    gain = paired_gain(one, other, "Numbered")
    protocol = Given(values=values, others=shuffled)
    together = evaluate(Numbered(), benchmark, {"given": protocol}, beside={"other": Numbered(shift=0.5)})
    assert gain is not None and gain == together.scores[1].gain and not why_unlike(one, other)


def test_memory_does_not_grow_with_the_number_of_maps() -> None:
    peaks = []
    for number in (10, 1000):
        truth, predicted = OneMap(number, 0), OneMap(number, 1)
        tracemalloc.start()
        interval = BlockIntervals(np.arange(number) // 2 % 5, 256).score(truth, predicted, mean_iou)  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert interval.low is not None
    assert peaks[1] < 1.1 * peaks[0]


class OneMap:
    """The same map so many times, without lying in memory so often."""

    ndim = 3

    def __init__(self, number: int, shift: int) -> None:
        rng = np.random.default_rng(1)
        codes = rng.integers(0, 256, (256, 256))
        self._map = np.where(rng.random(codes.shape) < 0.3 * shift, (codes + 1) % 256, codes).astype(np.int16)
        self.shape, self.dtype = (number, 256, 256), self._map.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: object) -> "np.ndarray | OneMap":
        if key is None:
            return [self]  # type: ignore[return-value]
        count = len(range(*key.indices(len(self)))) if isinstance(key, slice) else len(key)  # type: ignore[arg-type]
        return np.broadcast_to(self._map, (count, 256, 256))


def test_a_histogram_says_how_far_it_can_be_off() -> None:
    truth = RNG.integers(0, 3, 4000)
    scores = softmax(np.eye(3)[truth] + RNG.normal(size=(4000, 3)), 1)
    histogram = ScoreHistogram(3, bins=20)
    histogram.add(truth[:1500], scores[:1500])
    histogram.add(truth[1500:], scores[1500:])
    for (value, error), exact in (
        (histogram.auroc(), sklearn.roc_auc_score),
        (histogram.average_precision(), sklearn.average_precision_score),
    ):
        expected = np.mean([exact(truth == label, scores[:, label]) for label in range(3)])
        assert 0 < abs(value - expected) <= error < 0.2


def test_what_a_protocol_cannot_predict_is_refused_before_anything_is_read() -> None:
    from spacenit_evals.protocols.logistic_blocks import LogisticBlocks

    benchmark = Arrays(task="pixel_regression", truth=np.zeros((N, 2, 2), np.float32))
    with pytest.raises(
        UserError, match="logistic_blocks predicts classification, and Arrays asks for pixel_regression"
    ):
        evaluate(Numbered(), benchmark, LogisticBlocks())


def test_predictions_and_labels_that_break_the_contract_are_named() -> None:
    truth, values = maps(0.2)
    benchmark = Arrays(task="segmentation", truth=truth, classes=K)
    with pytest.raises(PluginError, match=r"int \[60, 6, 6\]"):
        evaluate(Numbered(), benchmark, {"given": Given(values=values[:, :3])})
    with pytest.raises(PluginError, match="labels from 0 to 9"):
        evaluate(Numbered(), benchmark, {"given": Given(values=np.where(values == 3, 9, values))})
    with pytest.raises(PluginError, match=r"bool \[n, K\]"):
        evaluate(
            Numbered(), Arrays(task="multilabel", truth=truth[:, 0], classes=SIDE), {"given": Given(values=values)}
        )
    with pytest.raises(PluginError, match="finite"):
        evaluate(Numbered(), Arrays(task="regression", truth=np.full(N, np.nan)), {"given": Given(values=np.zeros(N))})
    strange = truth.copy()
    strange[-1, 0, 0] = 77
    with pytest.raises(DataError, match="labels from -1 to 77"):
        evaluate(Numbered(), Arrays(task="segmentation", truth=strange, classes=K), {"given": Given(values=values)})


@frozen(kw_only=True, eq=False)
class Skipping(ArrayBenchmark):
    """Reads the sample before one that it passes over a second time: all later ones stay where they are."""

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = 16
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        for here, samples in super().samples(numbers, batch_size):
            places = np.where(here == 40, np.arange(len(here)) - 1, np.arange(len(here)))
            yield here[places], [samples[place] for place in places]


@frozen(kw_only=True, eq=False)
class Skipped(Arrays):
    """A benchmark of these."""

    def build(self, takes: ModelInputs) -> Skipping:
        return Skipping(config=self, inputs=takes)


def test_a_sample_that_is_passed_over_is_no_other_one() -> None:
    truth = np.arange(N) % 3
    with pytest.raises(DataError, match="has 90 samples with ascending numbers, and reads 90, 1 of them missing"):
        evaluate(Numbered(), Skipped(task="classification", truth=truth, classes=3), {"given": Given(values=truth)})


def test_embedders_compute_where_they_are_asked_to() -> None:
    benchmark = Arrays(task="regression", truth=np.arange(N, dtype=float))
    with pytest.raises(UserError, match="the device 'nowhere' cannot be used"):
        evaluate(Numbered(), benchmark, {"given": Given(values=np.zeros(N))}, device="nowhere")
