"""Several models, and finished evaluations, beside one another."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.errors import UserError
from spacenit_evals import evaluate
from spacenit_evals.results.comparison import differences, told
from spacenit_evals.results.found import Report
from spacenit_evals.results.report import verdict

from .synthetic import Arrays, Given, Numbered

TRUTH = np.arange(90) % 3


def report(shift: int, truth: np.ndarray = TRUTH, **protocol: object) -> Report:
    benchmark = Arrays(task="classification", truth=truth, classes=3)
    values = np.where(np.arange(len(truth)) % 10 < shift, (truth + 1) % 3, truth)
    found = evaluate(Numbered(), benchmark, {"given": Given(values=values, **protocol)})  # type: ignore[arg-type]
    return evolve(found, origin=evolve(found.origin, protocols={}))  # what was given is a setting of this protocol


def test_the_first_is_compared_with_each_of_the_others() -> None:
    found = differences({"good": report(1), "bad": report(5), "worse": report(7)})
    assert [(one.one, one.other) for one in found] == [("good", "bad"), ("good", "worse")]
    assert all(one.gain is not None and one.gain.clear and one.gain.value > 0.3 for one in found)
    assert found[0].gain.value == pytest.approx(found[0].scores[0].value - found[0].scores[1].value)  # type: ignore[union-attr]
    text = told(found)
    assert "good - worse" in text and "above 0 the first is better" in text


def test_equal_scores_are_neither_ahead_nor_behind() -> None:
    benchmark = Arrays(task="classification", truth=TRUTH, classes=3)
    found = evaluate(Numbered(), benchmark, {"given": Given(values=TRUTH)}, beside={"other": Numbered()})
    assert "not clearly apart from other by 0.000" in verdict(found)


def test_what_cannot_be_paired_says_why() -> None:
    other_truth = np.roll(TRUTH, 1)
    (found,) = differences({"one": report(1), "other": report(1, other_truth)})
    assert found.gain is None and found.reason == "their samples have other labels"
    (found,) = differences({"one": report(1), "other": report(1, seeds=2)})
    assert found.gain is None and "draws" in found.reason + told([found])


def test_protocols_of_other_settings_are_not_one_protocol() -> None:
    from spacenit_evals.protocols.knn import KNN

    benchmark = Arrays(task="classification", truth=TRUTH, classes=3)
    one, other = (evaluate(Numbered(), benchmark, {"knn": KNN(k=k)}) for k in (3, 5))
    (found,) = differences({"one": one, "other": other})
    assert found.gain is None and found.reason == "knn differs in k"


def test_the_command_compares_several_models(
    run_folder: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(run_folder / step) for step in ("step7", "step3")]
    asked = ["--labels", str(labels), "--window", "4", "--block", "160", "--draws", "1", "--embedder", "raw_pixels"]
    asked += ["--protocol", "knn", "--out", str(tmp_path / "out"), "--store", str(tmp_path / "store")]
    assert spacenit_run(["evaluate", *runs, *asked, "--cache", str(tmp_path / "cache")]) == 0
    shown = capsys.readouterr().out
    assert "step7 - step3" in shown and "difference in balanced accuracy" in shown
    assert (tmp_path / "out" / "step3" / "results.md").exists() and list((tmp_path / "cache").rglob("*.npy"))
    with open(tmp_path / "store" / "rows.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["primary"] == "True"]
    assert {(row["step"], row["features"]) for row in rows} == {
        (step, features) for step in "37" for features in ("pretrained", "raw_pixels")
    }

    folders = [str(tmp_path / "out" / step) for step in ("step7", "step3")]
    assert spacenit_run(["evals", "compare", *folders]) == 0
    again = capsys.readouterr().out
    assert again.strip() in shown, "the same differences, without the models"
    assert spacenit_run(["evals", "compare", *folders, "--features", "raw_pixels", "--json"]) == 0
    (same,) = json.loads(capsys.readouterr().out)
    assert same["gain"]["value"] == 0.0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["{run}"], "one folder is given"),
        (["{run}", "{run}"], "named twice"),
        (["{run}", "{other}"], "a holds no results of an evaluation"),
    ],
)
def test_mistakes_are_told(words: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = {"run": str(tmp_path / "a"), "other": str(tmp_path / "b")}
    assert spacenit_run(["evals", "compare", *(word.format(**places) for word in words)]) == 2
    assert text in capsys.readouterr().err


def test_no_protocol_in_common_is_refused() -> None:
    benchmark = Arrays(task="classification", truth=TRUTH, classes=3)
    one, other = (evaluate(Numbered(), benchmark, {name: Given(values=TRUTH)}) for name in ("a", "b"))
    with pytest.raises(UserError, match=r"no protocol in common \(one: a; other: b\)"):
        differences({"one": one, "other": other})
