"""Published numbers, and results of ours beside them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from spacenit_core.cli.main import run as spacenit_run
from spacenit_evals.benchmarks.geobench_v1.m_eurosat import MEuroSat
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.evaluation import evaluate
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.results.published.table import PROTOCOLS, published_rows, sources
from spacenit_evals.results.report import write_report

from .geobench_files import write_set

# Read by hand in the sources: model, benchmark, inputs, protocol -> value.
KNOWN = {
    ("Galileo nano", "m_eurosat", "sentinel2", "knn_20"): 0.894,
    ("OlmoEarth base", "m_so2sat", "sentinel2", "knn_20"): 0.677,
    ("OlmoEarth nano", "cropharvest_togo", "sentinel1+sentinel2", "linear_probe"): 0.837,
    ("Presto", "pastis_sentinel1", "sentinel1", "linear_probe"): 0.163,
    ("OlmoEarth large", "mados", "sentinel2", "finetune"): 0.818,
    ("Panopticon", "awf", "landsat", "knn_20"): 0.66,
    ("DINOv3 large satellite", "m_forestnet", "rgb", "linear_probe"): 0.606,
    ("olmoearth_v1_base", "m_eurosat", "all", "knn_5"): 0.946,
    ("olmoearth_v1_base", "gb2_benv2", "all", "logistic_regression"): 0.853,
    ("imagestats", "m_brick_kiln", "all", "knn_5"): 0.949,
    ("Presto", "fuel_moisture", "all", "random_forest"): 25.98,
}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Image statistics on a tiny m-eurosat."""
    labels = [0, 0, 1, 1, 2, 2] * 2
    root = tmp_path / "geobench"
    write_set(root, "m-eurosat", {"train": labels, "valid": labels, "test": labels}, classes=("a", "b", "c"))
    report = evaluate(ImageStatistics(), MEuroSat(folder=root), {"knn": KNN(k=1)})
    write_report(report, tmp_path / "evaluation")
    return tmp_path / "evaluation"


def test_numbers_are_those_of_their_sources():
    rows = {(row.model, row.benchmark, row.inputs, row.protocol): row.value for row in published_rows()}
    assert {key: round(rows[key], 3) for key in KNOWN} == pytest.approx(KNOWN)


def test_every_row_has_a_source_a_protocol_and_a_variant():
    for row in published_rows():
        assert row.source in sources() and row.protocol in PROTOCOLS and row.variant == "as_published"
        assert 0 <= row.value <= 1 or row.metric == "RMSE"
        assert row.low is None or row.low <= row.value <= row.high
    assert all(source.link and source.licence for source in sources().values())


def test_without_results_the_published_numbers_stand_alone(capsys):
    assert spacenit_run(["evals", "report", "--benchmark", "m-eurosat", "--model", "*galileo*"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("## m_eurosat, accuracy") and "0.894" in said and "arXiv:2511.13655" in said
    assert "DINOv3" not in said and "other than ours" not in said and "0.8M" in said


def test_results_stand_beside_published_ones_with_what_differs(results, capsys):
    assert spacenit_run(["evals", "report", str(results), "--model", "*nano*", "--model", "image_statistics"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (ours,) = [line for line in lines if "| **here** |" in line]
    assert float(ours.split("|")[7].strip().strip("*")) >= 0, "seconds"
    assert "statistics of the model" in ours
    assert "**image_statistics**" in ours and "**knn**" in ours and "**corrected**" in ours
    (theirs,) = [line for line in lines if "| Galileo nano | 0.894" in line]
    assert "protocol (knn_20, not knn)" in theirs and "variant (as_published, not corrected)" in theirs
    assert "split" not in theirs and "inputs" not in theirs


def test_controls_that_several_reports_hold_stand_once(results, tmp_path, capsys):
    again = json.loads((results / "results.json").read_text())
    for spent in again["origin"]["seconds"].values():
        spent.update(dict.fromkeys(spent, 1234.0))
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "results.json").write_text(json.dumps(again))
    words = ["evals", "report", str(results), str(tmp_path / "again"), "--model", "image_statistics"]
    assert spacenit_run(words) == 0
    tables = capsys.readouterr().out.split("## ")[1:]
    assert tables and all(table.count("**image_statistics**") == 1 for table in tables)


@pytest.mark.parametrize(
    ("form", "marks"), [("html", ("<table>", 'class="ours"')), ("latex", (r"\toprule", r"\textbf{"))]
)
def test_other_forms_say_the_same(results, tmp_path, form, marks):
    words = ["evals", "report", str(results), "--format", form, "--out", str(tmp_path / "table")]
    assert spacenit_run([*words, "--figure", str(tmp_path / "field.png")]) == 0
    text = (tmp_path / "table").read_text()
    assert all(mark in text for mark in marks) and "Galileo nano" in text and "corrected" in text
    assert (tmp_path / "field.png").read_bytes().startswith(b"\x89PNG")


def test_mistakes_are_named(tmp_path, results, capsys):
    for words, said in (
        ([str(tmp_path / "nothing")], "holds no results"),
        (["--benchmark", "m_eurosta"], "did you mean m_eurosat?"),
        (["--model", "nobody"], "nothing is known of nobody"),
        ([str(results), "--figure", str(tmp_path / "field.docx")], "cannot be drawn"),
    ):
        assert spacenit_run(["evals", "report", *words]) == 2
        assert said in capsys.readouterr().err
    (results / "results.json").write_text(json.dumps({"run": "r", "scores": [{}], "facts": {}}))
    assert spacenit_run(["evals", "report", str(results)]) == 1
    assert "is no result of an evaluation" in capsys.readouterr().err


def test_listing_loads_neither_torch_nor_matplotlib():
    code = (
        "import sys; from click.testing import CliRunner; from spacenit_evals.cli.evals import evals\n"
        "assert CliRunner().invoke(evals, ['list']).exit_code == 0\n"
        "assert CliRunner().invoke(evals, ['report', '--help']).exit_code == 0\n"
        "print([name for name in ('torch', 'matplotlib', 'sklearn', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
