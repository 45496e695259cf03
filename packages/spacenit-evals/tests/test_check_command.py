"""`spacenit-run evals check`: what it prints, and its exit status."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio

from spacenit_core.cli.main import run as spacenit_run

from .geobench_files import write_set

SIDES = {"train": [0, 1] * 4, "valid": [0, 1], "test": [0, 1] * 4}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Random bands: both rules of the order of bands see that they are none of Sentinel-2's."""
    write_set(tmp_path, "m-eurosat", SIDES, classes=("river", "forest"))
    monkeypatch.setenv("GEOBENCH_DIR", str(tmp_path))
    return tmp_path


def image(path: Path, level: float) -> None:
    profile = {"driver": "GTiff", "width": 8, "height": 8, "count": 2, "dtype": "float32"}
    left = 500_000.0 + 200 * int(path.stem)
    grid = rasterio.Affine(10.0, 0.0, left, 0.0, -10.0, 5_200_000.0)
    with rasterio.open(path, "w", **profile, crs="EPSG:32633", transform=grid) as file:
        noise = np.random.default_rng(int(path.stem)).normal(0, 1, (2, 8, 8))
        file.write((noise + np.array([level, level - 7])[:, None, None]).astype(np.float32))
        file.descriptions = ("vv", "vh")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Radar of eight fields, one every 200 m to the east of where the set of `h5py_dir` begins, which has 960 m."""
    lines = ["file,label,split"]
    for number in range(8):
        image(tmp_path / f"{number}.tif", -12 + number / 2)
        lines.append(f"{number}.tif,{'wet' if number % 2 else 'dry'},{'train' if number < 4 else 'test'}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    return tmp_path


def test_right_data_end_with_0(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["evals", "check", "folder", f"--benchmark.folder={images}", "--benchmark.sensor=sentinel1"]
    assert spacenit_run(args) == 0
    out = capsys.readouterr().out
    assert "folder: 8 samples checked by" in out and "0 errors, 0 warnings, 0 notes." in out


def test_wrong_data_end_with_1_and_say_what_to_do(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["evals", "check", "folder", f"--benchmark.folder={images}", "--benchmark.sensor=sentinel1"]
    assert spacenit_run([*args, "--benchmark.bands=[vh,vv]", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    (finding,) = report["findings"]
    assert finding["rule"] == "polarisations" and finding["severity"] == "error"
    assert finding["seen"] and finding["expected"] and finding["remedy"]
    assert report["read"] == report["samples"] == 8 and report["setup"]["sensors"] == ["sentinel1"]
    assert spacenit_run([*args, "--benchmark.bands=[vh,vv]"]) == 1
    assert "expected: VV above VH" in capsys.readouterr().out


def test_the_variant_is_stored(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, variant in (([], "corrected"), (["--variant", "as_published"], "as_published")):
        spacenit_run(["evals", "check", "m_eurosat", "--samples", "4", "--json", *option])
        report = json.loads(capsys.readouterr().out)
        assert report["setup"]["variant"] == variant and (report["read"], report["samples"]) == (4, 18)
        (note,) = [one for one in report["findings"] if one["rule"] == "defects"]
        assert "eurosat-b8a" in note["seen"] and variant.replace("_", " ") in note["seen"].replace("_", " ")


def test_a_variant_is_evaluated_on(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["evaluate", "raw_pixels", "--benchmark", "m_eurosat", "--protocol", "knn", "--protocol.knn.k=1"]
    assert spacenit_run([*args, "--variant", "as_published", "--out", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out" / "results.json").read_text())["facts"]["variant"] == "as_published"
    capsys.readouterr()
    assert spacenit_run([*args, "--variant", "corrected", "--benchmark.variant=as_published"]) == 2
    assert "--variant and --benchmark.variant=as_published set the same" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["m_eurosta"], "did you mean m_eurosat"),
        ([], "NAME"),
        (["m_eurosat", "--benchmark.partitoin=default"], "did you mean"),
        (["m_eurosat", "--variant", "wrong"], "as_published"),
        (["folder", "--variant", "corrected"], "variant"),
        (["labelled_rasters"], "--benchmark.h5py_dir"),
        (["m_eurosat", "--benchmark.partition=0.5x_train"], "0.50x_train"),
        (["m_eurosat", "--model", "nowhere"], "nowhere"),
    ],
)
def test_what_is_mistyped_is_told(args: list[str], text: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert spacenit_run(["evals", "check", *args]) == 2
    assert text in capsys.readouterr().err


def test_the_ground_of_a_run_is_looked_up(images: Path, run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["evals", "check", "folder", f"--benchmark.folder={images}", "--benchmark.sensor=sentinel1"]
    assert spacenit_run([*args, "--model", str(run_folder)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "warning: 1 of 4 test samples lie on ground that" in out and "(25%)" in out
    assert spacenit_run([*args, "--model", str(run_folder), "--distance", "300"]) == 0
    assert "3 of 4 test samples lie within 300 m of ground" in " ".join(capsys.readouterr().out.split())


def test_what_is_not_known_of_a_run_is_noted(
    root: Path, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spacenit_run(["evals", "check", "m_eurosat", "--samples", "2", "--model", str(run_folder)]) == 1
    assert "samples have no positions" in " ".join(capsys.readouterr().out.split())


def test_labels_of_a_set_of_tiles_are_checked(h5py_dir: Path, labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Test samples are windows of tiles, whose middle is not theirs."""
    settings = (f"labels=[{labels}]", f"h5py_dir={h5py_dir}", "window=4", "block=160", "draws=1")
    args = [f"--benchmark.{one}" for one in settings]
    assert spacenit_run(["evals", "check", "labelled_rasters", *args, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["read"] > 100 and not [one for one in report["findings"] if one["severity"] == "error"]


def test_help_says_when_the_exit_status_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert spacenit_run(["evals", "check", "--help"]) == 0
    assert "The exit status is 1" in " ".join(capsys.readouterr().out.split())
