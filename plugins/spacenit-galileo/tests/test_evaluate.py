"""Galileo as the model of an evaluation, on a small generated set."""

import pytest
from small_set import write_set

from spacenit_core.errors import UserError
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.evaluation import evaluate
from spacenit_evals.protocols.knn import KNN
from spacenit_galileo.config import Galileo

from .conftest import WEIGHTS, needs_real_data


def benchmark(h5py_dir, labels):
    return LabelledRasters(labels=(str(labels),), h5py_dir=h5py_dir, window=4, block=80.0, draws=1)


@needs_real_data
def test_it_is_evaluated_beside_its_random_init_and_raw_pixels(h5py_dir, labels):
    beside = {"galileo_random": Galileo(random_init=True), "raw_pixels": RawPixels()}
    report = evaluate(Galileo(weights=str(WEIGHTS)), benchmark(h5py_dir, labels), KNN(k=3), beside=beside)

    assert [score.features for score in report.scores] == ["galileo", "galileo_random", "raw_pixels"]
    assert report.facts["sensors"] == ["sentinel2_l2a", "sentinel1"]
    assert report.score("knn", "galileo").metrics["accuracy"].value > 0.8
    assert report.score("knn", "galileo_random").metrics["accuracy"].value > 0.4


def test_a_set_that_lacks_a_sensor_gives_what_it_has(tmp_path, labels):
    lacking = write_set(tmp_path, ("sentinel2_l2a",))
    report = evaluate(Galileo(random_init=True), benchmark(lacking, labels), KNN(k=3))
    assert report.facts["sensors"] == ["sentinel2_l2a"]


def test_without_weights_nothing_is_computed(h5py_dir, labels, monkeypatch):
    monkeypatch.delenv("GALILEO_DIR", raising=False)
    with pytest.raises(UserError, match="galileo needs its weights"):
        evaluate(Galileo(), benchmark(h5py_dir, labels), KNN(k=3))
