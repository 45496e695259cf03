"""A run, followed over its steps."""

import csv
from pathlib import Path

import pytest

from spacenit_core.cli.main import run as spacenit_run
from spacenit_evals.benchmarks.geobench_v1.m_eurosat import MEuroSat
from spacenit_evals.checkpoint import load_run
from spacenit_evals.evaluation import evaluate
from spacenit_evals.protocols.published_knn import KNN20

from .geobench_files import write_set


@pytest.fixture
def eurosat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    labels = [0, 0, 1, 1, 2, 2] * 2
    sides = {"train": labels, "valid": labels, "test": labels}
    write_set(tmp_path / "geobench", "m-eurosat", sides, classes=("a", "b", "c"))
    monkeypatch.setenv("GEOBENCH_DIR", str(tmp_path / "geobench"))
    return tmp_path / "geobench"


def test_every_checkpoint_is_evaluated_once(eurosat, run_folder, tmp_path, capsys):
    words = ["evals", "checkpoints", str(run_folder), "--benchmark", "m_eurosat", "--out", str(tmp_path / "out")]
    words += ["--protocol.knn_20.k=3"]
    assert spacenit_run([*words, "--steps", "3"]) == 0
    first = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/results.json")}
    capsys.readouterr()
    assert spacenit_run(words) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["step", "knn_20"] and [line.split()[0] for line in said[2:4]] == ["3", "7"]
    assert {path: path.stat().st_mtime_ns for path in first} == first and len(first) == 1
    with open(tmp_path / "out" / "rows.csv", newline="") as file:
        rows = {int(row["step"]): row for row in csv.DictReader(file) if row["primary"] == "True"}
    report = evaluate(load_run(run_folder / "step7"), MEuroSat(), KNN20(k=3))
    assert float(rows[7]["value"]) == report.scores[0].metrics[report.primary].value
    assert sorted(rows) == [3, 7]


def test_mistakes_are_named(eurosat, run_folder, tmp_path, capsys):
    for words, said in (
        ([str(run_folder), "--steps", "3,5"], "has no checkpoint of step 5"),
        ([str(run_folder / "step7")], "is one checkpoint, not a run"),
        ([str(tmp_path)], "no usable checkpoint"),
        ([], "RUN is missing"),
    ):
        assert spacenit_run(["evals", "checkpoints", *words, "--benchmark", "m_eurosat"]) == 2
        assert said in " ".join(capsys.readouterr().err.split())
    assert spacenit_run(["evals", "checkpoints", str(run_folder)]) == 2
    assert "--benchmark" in capsys.readouterr().err
