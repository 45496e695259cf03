"""Fine-tuning as a protocol of an evaluation, from Python and from the command line."""

import json

import numpy as np
import pytest
from small_set import write_labels, write_set

from spacenit_core.cli.main import run
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.evaluation import evaluate
from spacenit_finetune.config import Finetune

FAST = Finetune(epochs=1, batch_size=32, seeds=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("set"), ("sentinel2_l2a",))


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    return write_labels(tmp_path_factory.mktemp("labels"))


def galileo(name="galileo"):
    return EMBEDDERS.get(name)(sensors=("sentinel2_l2a",), random_init=True)


def test_every_seed_is_a_draw(data, labels):
    benchmark = LabelledRasters(
        labels=(str(labels),), h5py_dir=data, window=4, block=80.0, draws=1, max_points=40, sensors=("sentinel2_l2a",)
    )
    report = evaluate(galileo(), benchmark, FAST)
    score = report.score("finetune", "galileo")
    assert len(score.draws) == 2 and np.isfinite(score.draws).all()
    with pytest.raises(UserError, match="finetune trains a model further, and raw_pixels has none"):
        evaluate(galileo(), benchmark, FAST, beside={"raw_pixels": EMBEDDERS.get("raw_pixels")()})


def test_from_the_command_line(data, labels, tmp_path):
    place = ["--labels", str(labels), "--h5py_dir", str(data), "--window", "4", "--block", "80", "--draws", "1"]
    words = ["evaluate", "galileo", *place, "--max-points", "30", "--embedder.galileo.random_init=true"]
    words += ["--embedder.galileo.sensors=[sentinel2_l2a]", "--protocol", "finetune", "--protocol.finetune.epochs=1"]
    assert run([*words, "--protocol.finetune.seeds=1", "--out", str(tmp_path)]) == 0
    (score,) = json.loads((tmp_path / "results.json").read_text())["scores"]
    assert (score["probe"], score["features"]) == ("finetune", "galileo")
