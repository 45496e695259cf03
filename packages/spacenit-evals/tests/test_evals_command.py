"""Which benchmarks there are, and where their data come from."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.kinds.benchmarks import BENCHMARKS


def test_the_list_says_what_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "classification_v1.0" / "m-eurosat").mkdir(parents=True)
    monkeypatch.setenv("GEOBENCH_DIR", str(tmp_path))
    monkeypatch.setenv("GEOBENCH2_DIR", str(tmp_path))
    monkeypatch.setenv("WORLDCEREAL_POINTS_DIR", str(tmp_path / "absent"))
    monkeypatch.delenv("WORLDCEREAL_FRANCE_DIR", raising=False)
    assert spacenit_run(["evals", "list", "--json"]) == 0
    found = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(found) == BENCHMARKS.names() and all(row["summary"].endswith(".") for row in found.values())
    data = {name: row["data"] for name, row in found.items()}
    assert data["m_eurosat"] == "here" and data["folder"] == data["labelled_rasters"] == "yours"
    assert data["worldcereal_points"] == "set WORLDCEREAL_POINTS_DIR"
    assert data["m_so2sat"] == "add to GEOBENCH_DIR" and data["gb2_flair2"] == "add to GEOBENCH2_DIR"
    assert data["gb2_everwatch"] == "refused"
    assert spacenit_run(["evals", "list"]) == 0
    assert "WORLDCEREAL_FRANCE_DIR" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m-eurosat", "recursix/geo-bench-1.0 has the data of m_eurosat; get them, and set GEOBENCH_DIR"),
        ("folder", "folder is for data of your own"),
        ("gb2_everwatch", "cannot be evaluated on: it holds boxes, and there is no protocol for object detection"),
    ],
)
def test_prepare_says_who_has_the_data(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("GEOBENCH_DIR", raising=False)
    assert spacenit_run(["evals", "prepare", name]) == 0
    assert text in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("GEOBENCH_DIR", str(tmp_path))
    assert spacenit_run(["evals", "prepare", "m_eurosat"]) == 0
    assert f"get them, and put them into {tmp_path}" in " ".join(capsys.readouterr().out.split())
    (tmp_path / "m-eurosat").mkdir()
    assert spacenit_run(["evals", "prepare", "m_eurosat"]) == 0
    assert f"are in {tmp_path}" in " ".join(capsys.readouterr().out.split())
    assert spacenit_run(["evals", "prepare", "m_eurosta"]) == 2
    assert "did you mean m_eurosat" in capsys.readouterr().err


def test_prepare_unpacks_what_stays_in_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, member in (("set.zip", "m-eurosat/a.hdf5"), ("bad.zip", "../a.hdf5")):
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr(member, "x")
    assert spacenit_run(["evals", "prepare", "m_eurosat", "--unpack", "set.zip", "--into", "sets"]) == 0
    assert "1 files of set.zip are in sets." in capsys.readouterr().out and Path("sets/m-eurosat/a.hdf5").is_file()
    assert spacenit_run(["evals", "prepare", "m_eurosat", "--unpack", "bad.zip", "--into", "sets"]) == 1
    assert "'../a.hdf5' lies outside of the folder" in capsys.readouterr().err
    assert spacenit_run(["evals", "prepare", "m_eurosat", "--into", "sets"]) == 2


def test_listing_imports_no_torch() -> None:
    code = (
        "import sys; from spacenit_core.cli.main import run; run(['evals', 'list']); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
