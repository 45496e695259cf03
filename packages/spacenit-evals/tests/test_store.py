"""Finished evaluations in a folder."""

import csv
import json
import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
from attrs import asdict, evolve
from pyarrow import parquet

from spacenit_core.errors import DataError
from spacenit_evals import evaluate
from spacenit_evals.results.found import Report
from spacenit_evals.results.report import read_report, write_report
from spacenit_evals.results.rows import TIMES, rows_of
from spacenit_evals.results.store import ResultStore

from .synthetic import Arrays, Given
from .test_cache import Counting

TRUTH = np.arange(60) % 3


def evaluated(store: ResultStore | None, weights: str = "a") -> Report:
    protocol = Given(values=np.roll(TRUTH, 1))
    benchmark = Arrays(task="classification", truth=TRUTH, classes=3)
    return evaluate(Counting(weights=weights), benchmark, {"given": protocol}, store=store)


def without_times(folder: Path) -> list[dict[str, str]]:
    with open(folder / "rows.csv", newline="") as file:
        return [{name: text for name, text in row.items() if name not in TIMES} for row in csv.DictReader(file)]


def test_a_finished_evaluation_is_not_computed_again(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    first = evaluated(store)
    Counting.embedded.clear()
    again = evaluated(store)
    assert not Counting.embedded
    assert first == again and first.predictions["given"].truth.tolist() == again.predictions["given"].truth.tolist()
    assert evaluated(store, "b").origin.key != first.origin.key
    assert len(list(store.reports())) == 2


def test_whichever_of_two_is_evaluated_has_a_report_of_its_own(tmp_path: Path) -> None:
    benchmark, store = Arrays(task="classification", truth=TRUTH, classes=3), ResultStore(tmp_path)
    one, other = Counting(weights="a"), Counting(weights="b")
    reports = [
        evaluate(first, benchmark, {"given": Given(values=TRUTH)}, features=name, beside={beside: second}, store=store)
        for name, first, beside, second in (("one", one, "other", other), ("other", other, "one", one))
    ]
    assert [report.run for report in reports] == ["one", "other"]
    assert [report.score("given", report.run).gain for report in reports] == [None, None]


def test_rows_say_what_a_number_depends_on(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    report = evaluated(store)
    rows = store.rows()
    assert rows == sorted(rows_of(report), key=lambda row: row.metric)
    (row,) = (row for row in rows if row.primary)
    assert (row.benchmark, row.model, row.protocol, row.protocol_version) == ("Arrays", "Counting", "given", 1)
    assert row.group == "site" and row.groups == 14 and row.n_test == 40 and row.weights == "a" * 8
    assert row.key == report.origin.key and json.loads(row.software)["numpy"] == np.__version__
    store.write_tables()
    with open(tmp_path / "rows.csv", newline="") as file:
        assert [line["metric"] for line in csv.DictReader(file)] == [row.metric for row in rows]
    assert json.loads((tmp_path / "rows.json").read_text()) == [asdict(row) for row in rows]
    assert parquet.read_table(tmp_path / "rows.parquet").to_pylist() == [asdict(row) for row in rows]
    assert "| Arrays | Counting | Counting | given v1 |" in (tmp_path / "rows.md").read_text()


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    report = evaluated(None)
    write_report(report, tmp_path)
    read = read_report(tmp_path)
    assert read == report and read.origin == report.origin
    with pytest.raises(DataError, match="cannot be read"):
        read_report(tmp_path / "none")
    (tmp_path / "results.json").write_text('{"run": 3')
    with pytest.raises(DataError, match="damaged"):
        read_report(tmp_path)


def test_results_of_an_earlier_release_are_read(tmp_path: Path) -> None:
    """As they were written before reports said what they depend on, and before protocols were renamed."""
    interval = {"value": 0.5, "low": 0.4, "high": 0.6, "reason": ""}
    score = {
        "probe": "linear_probe",
        "features": "pretrained",
        "metrics": {"balanced accuracy": interval},
        "gain": None,
    }
    old = {"run": "mine", "step": 5, "scores": [score | {"recall": {"1": 0.5}, "draws": [0.5]}], "facts": {"window": 4}}
    (tmp_path / "results.json").write_text(json.dumps(old))
    report = read_report(tmp_path)
    assert report.score("logistic_blocks", "pretrained").metrics["balanced accuracy"].low == 0.4
    assert report.scores[0].recall == {1: 0.5} and report.facts == {"window": 4} and report.origin.key == ""


def test_two_processes_on_one_folder_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_several, args=(tmp_path, start)) for start in (0, 2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    ResultStore(tmp_path).write_tables()
    alone = tmp_path / "alone"
    _several(alone, 0)
    _several(alone, 2)
    ResultStore(alone).write_tables()
    assert len(list(ResultStore(tmp_path).reports())) == 6
    assert without_times(tmp_path) == without_times(alone)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def _several(folder: Path, start: int) -> None:
    for number in range(start, start + 4):
        evaluated(ResultStore(folder), "abcdef"[number])


def test_a_killed_process_leaves_whole_evaluations(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_endless, args=(tmp_path,))
    process.start()
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("[!.]*/results.json"))) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.join()
    store = ResultStore(tmp_path)
    found = list(store.reports())
    assert len(found) >= 5
    for number in range(len(found)):
        assert store.has(evaluated(None, f"{number}").origin.key)
    store.write_tables()
    again = evolve(store, folder=tmp_path / "again")
    for number in range(len(found)):
        evaluated(again, f"{number}")
    again.write_tables()
    assert without_times(tmp_path) == without_times(again.folder)


def _endless(folder: Path) -> None:
    for number in range(10_000):
        evaluated(ResultStore(folder), f"{number}")
