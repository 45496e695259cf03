"""DINOv3 as the model of an evaluation, on a small generated set."""

import pytest
from small_set import write_labels, write_set

from spacenit_dinov3.config import DinoV3
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.evaluation import evaluate
from spacenit_evals.protocols.knn import KNN

pytestmark = pytest.mark.usefixtures("small")


def test_it_is_evaluated_beside_others(tmp_path):
    benchmark = LabelledRasters(
        labels=(str(write_labels(tmp_path)),), h5py_dir=write_set(tmp_path / "set"), window=4, block=80.0, draws=1
    )
    beside = {"image_statistics": ImageStatistics()}
    report = evaluate(DinoV3(random_init=True, side=32), benchmark, KNN(k=3), beside=beside)

    assert [score.features for score in report.scores] == ["dinov3", "image_statistics"]
    assert report.facts["sensors"] == ["sentinel2_l2a"]
    assert report.score("knn", "dinov3").metrics["accuracy"].value > 0.4
