"""`spacenit-run ablate`, with real trainings in real processes."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import rasterio
from attrs import evolve
from matplotlib.image import imread

from spacenit_ablations.ablate.plan import Request, make_plan
from spacenit_ablations.ablate.scores import Evaluation
from spacenit_core import checkpoint
from spacenit_core.cli.main import run
from spacenit_train.trainer.metrics import read_metrics


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """For the runs that are compared to the bit, those of the module's fixtures included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


def words(settings: list[str], folder: Path, *more: str, steps: int = 4) -> list[str]:
    place = f"--common.save_folder={folder}"
    return ["ablate", "nano", "tiny", "local", *settings, place, f"--trainer.max_duration.steps={steps}", *more]


def weights(folder: Path) -> bytes:
    found = checkpoint.latest(folder)
    assert found is not None
    return (found / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(one_thread: None, tmp_path_factory: pytest.TempPathFactory, settings: list[str]) -> Path:
    """An ablation of two cells that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "ablation"
    assert run(words(settings, folder, "--patch=no_contrastive")) == 0
    return folder


def test_the_cells_are_trained_and_compared(whole: Path) -> None:
    rows = {row["cell"]: row for row in csv.DictReader((whole / "results.csv").read_text().splitlines())}
    losses = {name: [row["loss"] for row in read_metrics(whole / name / "metrics.jsonl")] for name in rows}

    assert list(rows) == ["reference", "no_contrastive"]
    assert {row["state"] for row in rows.values()} == {"finished"} and {row["steps"] for row in rows.values()} == {"4"}
    # The same windows, masks and weights: what differs in the first step is the term that the patch takes away.
    first = read_metrics(whole / "reference" / "metrics.jsonl")[0]
    assert losses["no_contrastive"][0] == pytest.approx(first["ModalityPatchDisc"], rel=1e-5)
    assert losses["no_contrastive"] != losses["reference"]
    assert [row["tokens"] for row in rows.values()] == [rows["reference"]["tokens"]] * 2
    assert {row["loss_comparable"] for row in rows.values()} == {"yes"}
    assert {row["measure"] for row in rows.values()} == {"ModalityPatchDisc"}
    assert float(rows["no_contrastive"]["final_loss"]) == pytest.approx(losses["no_contrastive"][-1])
    assert "| no_contrastive | finished |" in (whole / "results.md").read_text()
    assert imread(whole / "results.png").std() > 0.01


def test_finished_cells_are_not_trained_again(whole: Path, settings: list[str], capfd: pytest.CaptureFixture) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*.safetensors")}
    began = time.monotonic()

    assert run(words(settings, whole, "--patch=no_contrastive")) == 0

    assert capfd.readouterr().err.count("finished before") == 2
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*.safetensors")} == before
    assert time.monotonic() - began < 5


def test_with_labels_finished_cells_are_evaluated(
    whole: Path, settings: list[str], labels: Path, capfd: pytest.CaptureFixture
) -> None:
    options = [f"--labels={labels}", "--window=2", "--patch-size=2", "--block=80", "--folds=2", "--draws=1"]
    assert run(words(settings, whole, "--patch=no_contrastive", f"--labels={labels.with_name('none.tif')}")) == 2
    assert "none.tif" in capfd.readouterr().err

    assert run(words(settings, whole, "--patch=no_contrastive", *options)) == 0

    captured = capfd.readouterr()
    # Names stay whole in a log, whose lines are 80 characters wide.
    assert max(map(len, captured.out.splitlines()[:-8])) <= 80
    assert captured.out.count("no_contrastive") >= 3 and "inputs sentinel2_l2a, sentinel1;" in captured.out
    rows = list(csv.DictReader((whole / "results.csv").read_text().splitlines()))
    judged = json.loads((whole / "no_contrastive" / "evaluation" / "results.json").read_text())["scores"]
    own = next(score for score in judged if (score["probe"], score["features"]) == ("knn", "pretrained"))
    assert float(rows[1]["knn"]) == own["metrics"]["balanced accuracy"]["value"]
    assert float(rows[0]["knn low"]) <= float(rows[0]["knn"]) <= float(rows[0]["knn high"])
    gain = float(rows[1]["knn minus reference"])
    assert gain == pytest.approx(float(rows[1]["knn"]) - float(rows[0]["knn"]), abs=1e-12)
    assert float(rows[1]["knn minus reference low"]) <= gain and rows[0]["knn minus reference"] == ""
    assert imread(whole / "results.png").std() > 0.01
    assert [row["cell"] for row in rows] == ["reference", "no_contrastive", "random_init", "raw_pixels"]
    told = json.loads((whole / "reference" / "evaluation" / "results.json").read_text())["scores"]
    raw = next(score for score in told if (score["probe"], score["features"]) == ("knn", "raw_pixels"))
    assert float(rows[3]["knn"]) == raw["metrics"]["balanced accuracy"]["value"]
    assert float(rows[3]["knn minus reference"]) == pytest.approx(-raw["gain"]["value"])
    assert "| raw_pixels | baseline |" in (whole / "results.md").read_text()
    assert captured.out.count("raw_pixels") == 2


def test_an_evaluation_depends_on_what_the_labels_hold(settings: list[str], labels: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.tif"
    mine.write_bytes(labels.read_bytes())
    request = Request(
        recipe="nano", run_name="r", cluster="local", names=("no_contrastive",), overrides=tuple(settings)
    )
    cells = make_plan(request).cells
    evaluation = Evaluation(labels=(mine,)).checked(cells)
    # The encoder of every cell predicts the map alone.
    assert evaluation.sensors == ("sentinel2_l2a", "sentinel1")
    before = evaluation.marks(cells)
    assert evaluation.marks(cells) == before
    with rasterio.open(mine, "r+") as file:
        file.write(3 - file.read(1), 1)
    changed = evaluation.marks(cells)
    assert changed != before
    (tmp_path / "mine.tif.msk").write_bytes(b"a mask of its own")
    assert evaluation.marks(cells) != changed
    of_band = evolve(evaluation, labels=(Path(f"{mine}:1"),)).marks(cells)
    assert set(changed) - set(evaluation.arguments()) <= set(of_band)
    of_driver = evolve(evaluation, labels=(Path(f"GTIFF_RAW:{mine}"),)).marks(cells)
    assert set(changed) - set(evaluation.arguments()) <= set(of_driver)


def test_other_settings_are_refused(whole: Path, settings: list[str], capfd: pytest.CaptureFixture) -> None:
    for change, shown in (
        ("--seed=7", "seed: 12536 -> 7"),
        ("--trainer.max_duration.steps=9", "trainer.max_duration.value: 4 -> 9"),
    ):
        replaced = [word for word in words(settings, whole, "--patch=no_contrastive") if change[:20] not in word]
        assert run([*replaced, change]) == 2
        said = capfd.readouterr().err
        assert shown in said and "cannot be compared" in said and "Traceback" not in said


@pytest.mark.slow
def test_killed_it_goes_on_where_it_was(
    tmp_path: Path, whole: Path, settings: list[str], capfd: pytest.CaptureFixture
) -> None:
    folder, command = tmp_path / "ablation", words(settings, tmp_path / "ablation", "--patch=no_contrastive")
    metrics = folder / "no_contrastive" / "metrics.jsonl"
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "spacenit_core", *command], stdout=log, stderr=log)
    until = time.monotonic() + 120
    while not metrics.exists():
        assert process.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    trained = (folder / "reference" / "step4" / "model.safetensors").stat().st_mtime_ns
    assert set(json.loads((folder / "ablation.json").read_text())["cells"]) == {"reference"}

    assert run(command) == 0

    assert capfd.readouterr().err.count("finished before") == 1
    assert (folder / "reference" / "step4" / "model.safetensors").stat().st_mtime_ns == trained
    for name in ("reference", "no_contrastive"):
        assert weights(folder / name) == weights(whole / name)


@pytest.mark.slow
def test_a_failing_cell_ends_no_other(tmp_path: Path, settings: list[str], capfd: pytest.CaptureFixture) -> None:
    # A file lies where the cell's folder has to be.
    (tmp_path / "ablation").mkdir()
    (tmp_path / "ablation" / "no_contrastive").write_text("in the way")

    code = run(words(settings, tmp_path / "ablation", "--patch=no_contrastive", "--patch=original_patch_disc", steps=1))

    rows = {
        row["cell"]: row for row in csv.DictReader((tmp_path / "ablation" / "results.csv").read_text().splitlines())
    }
    assert code == 1
    assert [row["state"] for row in rows.values()] == ["finished", "failed", "finished"]
    assert "exit code 2" in rows["no_contrastive"]["said"] and "failed: no_contrastive" in capfd.readouterr().err
    assert rows["original_patch_disc"]["loss_comparable"] == "no"


def test_a_dry_run_shows_what_each_cell_changes(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    assert run(["ablate", "base", "--all", "--dry-run", f"--common.save_folder={tmp_path / 'a'}"]) == 0

    said = capfd.readouterr().out
    assert "base_ablations: ablations of base" in said and str(tmp_path / "a") in said
    assert "no_contrastive train_module.contrastive.weight 0.1 0.0" in " ".join(said.split())
    assert max(map(len, said.partition("\ncell ")[2].splitlines())) <= 80
    # What went away with a runner, or came with it, is not told setting by setting.
    assert "train_module.mae.beta" in said and "model.decoder.depth" not in said
    assert not (tmp_path / "a").exists()


def test_what_cells_do_not_take_over_is_told_once_with_their_names(
    tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    words = ["ablate", "nano", "--patch", "s2_only", "--patch", "no_landsat", "--patch", "mae", "--dry-run"]

    assert run([*words, "--plugin", "encoder=spacenit", f"--common.save_folder={tmp_path / 'a'}"]) == 0

    told = capfd.readouterr().err.partition("not taken over:\n")[2].splitlines()
    encoder = "use_linear_patch_embed=False (recipe nano): model.encoder is now spacenit, which has no such setting"
    assert f"  reference, s2_only, no_landsat: model.encoder.{encoder}" in told
    (cut,) = (line for line in told if "which follows from other settings" in line)
    assert cut.startswith("  s2_only, no_landsat: train_module.masking.only_decode_modalities=")
    assert sum("contrastive.weight" in line for line in told) == 1


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ([], "no ablation is named"),
        (["--all", "--patch=s2_only"], "--all already means every ablation"),
        (["--patch=no_contrastve"], "did you mean no_contrastive?"),
        (["--patch=no_contrastive", "--train_module.contrastive.weight=0.3"], "changes nothing about nano"),
        (["--all", "--train_module.optim.lrr=1"], "lrr"),
        (["--all", "--window=4"], "--labels"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(
    tmp_path: Path, capfd: pytest.CaptureFixture, more: list[str], shown: str
) -> None:
    assert run(["ablate", "nano", f"--common.save_folder={tmp_path / 'a'}", *more]) == 2

    said = capfd.readouterr().err
    assert shown in said and "Traceback" not in said
    assert not (tmp_path / "a").exists()
