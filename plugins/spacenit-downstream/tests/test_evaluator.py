"""Evaluation beside training: what it finds, and that it changes nothing."""

import random

import numpy as np
import pytest
import torch
from attrs import asdict, evolve

from spacenit_core.cli.main import run as spacenit_run
from spacenit_downstream.config import DownstreamEvaluatorConfig
from spacenit_downstream.undisturbed import undisturbed
from spacenit_downstream.validation import ValidationSamplesOf
from spacenit_evals.checkpoint import load_run
from spacenit_evals.evaluation import evaluate
from spacenit_evals.results.report import read_report
from spacenit_evals.results.rows import TIMES
from spacenit_evals.results.rows import rows_of as rows_of_report
from spacenit_evals.scoring import PRIMARY
from spacenit_train.trainer.config import Duration

from . import runs
from .runs import evaluator, experiment, fit, rows_of, state, task


@pytest.fixture(scope="module")
def without(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("without")
    fit(data, folder)
    return folder


@pytest.fixture(scope="module")
def beside(data, images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("beside")
    fit(data, folder, evaluator(images, run_on_test=True))
    return folder


def assert_same_training(ours, theirs):
    for step in (2, 4):
        one, other = state(ours, step), state(theirs, step)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)
    for name in ("loss", "grad_norm", "lr", "tokens"):
        assert [row[name] for row in rows_of(ours)] == [row[name] for row in rows_of(theirs)]


def test_training_goes_on_bit_for_bit_as_without(without, beside):
    assert_same_training(beside, without)


def test_tasks_are_scored_when_their_intervals_end(beside):
    found = [sorted(name for name in row if name.startswith("eval/")) for row in rows_of(beside)]
    assert found == [[], ["eval/one", "eval/test/one"], [], ["eval/one", "eval/test/one", "eval/test/two", "eval/two"]]
    last = rows_of(beside)[-1]
    assert last["eval_time/one"] > 0 and last["eval_other/test/one/accuracy"] == last["eval_other/test/two/accuracy"]


def test_the_row_is_that_of_evaluate_for_the_same_checkpoint(beside, images):
    for step in (2, 4):
        run = load_run(beside / f"step{step}")
        outside = evaluate(run, task(images).benchmark, {"knn": task(images).protocol}, patch_size=2)
        (score,) = outside.scores
        row = rows_of(beside)[step - 1]
        assert row["eval/test/one"] == score.metrics[PRIMARY].value
        assert row["eval_other/test/one/accuracy"] == score.metrics["accuracy"].value
        validation = ValidationSamplesOf(of=task(images).benchmark)
        (score,) = evaluate(run, validation, {"knn": task(images).protocol}, patch_size=2).scores
        assert row["eval/one"] == score.metrics[PRIMARY].value
        kept = beside / "evaluation" / f"step{step}"
        assert rows_without_times(read_report(kept / "one")) == rows_without_times(outside)
        assert read_report(kept / "one").origin.key == outside.origin.key != ""
        assert (kept / "one_validation" / "results.json").exists()


def test_two_ranks_give_the_rows_of_one(data, images, beside, tmp_path, trained_by_ranks, fork_server):
    codes = trained_by_ranks(2, data=str(data), folder=str(tmp_path / "two"), images=str(images))
    assert codes == [0, 0], fork_server.log.read_text()
    codes = trained_by_ranks(2, data=str(data), folder=str(tmp_path / "alone"))
    assert codes == [0, 0], fork_server.log.read_text()
    assert_same_training(tmp_path / "two", tmp_path / "alone")
    for step in (2, 4):
        # Two ranks add gradients up in another order, so the weights of one rank are not theirs to the bit.
        run = load_run(tmp_path / "two" / f"step{step}")
        (score,) = evaluate(run, task(images).benchmark, {"knn": task(images).protocol}, patch_size=2).scores
        row = rows_of(tmp_path / "two")[step - 1]
        assert row["eval/test/one"] == score.metrics[PRIMARY].value
        assert {name for name in row if name.startswith("eval")} == {
            name for name in rows_of(beside)[step - 1] if name.startswith("eval")
        }


def test_all_generators_stand_where_they_stood():
    torch.manual_seed(3)
    with undisturbed(torch.device("cpu")):
        once = random.random(), np.random.random(), torch.rand(1).item()
    assert (random.random(), np.random.random(), torch.rand(1).item()) == once


def test_scores_before_the_first_step_are_logged_with_it(data, images, tmp_path):
    rows = fit(data, tmp_path, evaluator(images, eval_on_startup=True))
    assert [[name for name in row if name.startswith("eval/")] for row in rows[:2]] == [
        ["eval/one", "eval/two"],
        ["eval/one"],
    ]
    assert (tmp_path / "evaluation" / "step0" / "one_validation" / "results.csv").exists()


def test_intervals_may_be_epochs(data, images, tmp_path):
    # Four samples, and as many in a batch: every step is an epoch.
    every = evolve(task(images), eval_interval=Duration(value=3, unit="epochs"))
    rows = fit(data, tmp_path, DownstreamEvaluatorConfig(tasks={"one": every}))
    assert [row["step"] for row in rows if "eval/one" in row] == [3]


def test_data_that_are_not_there_are_one_line_and_the_run_goes_on(data, images, tmp_path, capfd):
    callback = evaluator(images)
    callback.tasks["gone"] = task(tmp_path / "gone")
    callback.tasks["undivided"] = task(runs.write_images(_made(tmp_path / "undivided"), divided=False))
    rows = fit(data, tmp_path / "run", callback)
    lines = [line for line in capfd.readouterr().err.splitlines() if "downstream_evaluator" in line]
    assert len(lines) == 2 and "not evaluated on gone" in lines[0] and str(tmp_path / "gone") in lines[0]
    assert "no samples for validation" in lines[1] and "run_on_test=true" in lines[1]
    assert "eval/one" in rows[-1] and "eval/gone" not in rows[-1]


def test_test_samples_are_scored_where_nothing_is_for_validation(data, tmp_path):
    folder = runs.write_images(_made(tmp_path / "undivided"), divided=False)
    rows = fit(data, tmp_path / "run", evaluator(folder, run_on_test=True))
    assert "eval/test/one" in rows[-1] and "eval/one" not in rows[-1]


def test_what_breaks_while_it_is_evaluated_ends_the_task_and_not_the_run(data, tmp_path, capfd):
    folder = runs.write_images(_made(tmp_path / "images"))
    callback = evaluator(folder)
    trainer = runs.Trainer(experiment(data, tmp_path / "run", callback))
    end_step = trainer._end_step

    def broken() -> None:
        (folder / "0.tif").write_bytes(b"torn")
        end_step()

    trainer._end_step = broken  # type: ignore[method-assign]
    trainer.fit()
    said = capfd.readouterr().err
    assert said.count("not evaluated on one") == 1 and "0.tif" in said
    assert len(rows_of(tmp_path / "run")) == 4


def rows_without_times(report):
    return [{name: value for name, value in asdict(row).items() if name not in TIMES} for row in rows_of_report(report)]


def _made(folder):
    folder.mkdir()
    return folder


def test_validation_samples_are_a_benchmark(images, beside, tmp_path, capsys):
    words = ["evaluate", str(beside), "--benchmark", "validation_samples", "--protocol", "knn", "--out", str(tmp_path)]
    words += ["--patch-size", "2", "--embedder", "raw_pixels"]
    assert spacenit_run([*words, "--benchmark.of=folder", f"--benchmark.of.folder={images}"]) == 0
    assert "12 test samples" in (tmp_path / "results.md").read_text()
    assert spacenit_run(words) == 2 and "--benchmark.of=NAME" in capsys.readouterr().err
