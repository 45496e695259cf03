"""A real scene through the whole chain, by commands alone: rasters, samples, a pretrained encoder, a table.

The numbers of the full run, with its commands, are in docs/results.md.
"""

import json
import os
from pathlib import Path

import pytest

from spacenit_core.cli.main import run as spacenit_run

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SPACENIT_REAL_DATA") or ROOT / ".." / "shared" / "data")
SCENE = DATA / "real-mini" / "landsat7_nc"

pytestmark = pytest.mark.skipif(
    not SCENE.is_dir(), reason=f"no real data at {SCENE}: SPACENIT_REAL_DATA names their folder"
)


@pytest.fixture(scope="module")
def h5py_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene as samples of a sensor that a plugin declares."""
    out = tmp_path_factory.mktemp("scene")
    bands = [f"B{number}={SCENE / f'lsat7_2000_{number}0.tif'}" for number in (1, 2, 3, 4, 5, 7)]
    command = ["data", "tile", "--sensor", "landsat7_etm", "--date", "2000-07-01", *bands, "--tile-size", "64"]
    assert spacenit_run([*command, "--min-valid", "0.2", "--workers", "1", "--out", str(out)]) == 0
    return next(out.glob("*/*/*/sample_metadata.csv")).parent


def train(h5py_dir: Path, folder: Path, steps: int) -> None:
    """Pretrain the recipe `nano` on the scene."""
    overrides = {
        "dataset.h5py_dir": h5py_dir,
        "sensors": "[landsat7_etm]",
        "common.save_folder": folder,
        "trainer.max_duration.value": steps,
        "trainer.max_duration.unit": "steps",
        "data_loader.global_batch_size": 32,
        "data_loader.sampled_hw_p_list": "[2,4]",
        "data_loader.max_patch_size": 2,
        "data_loader.num_workers": 0,
        "train_module.scheduler.warmup_steps": 2,
    }
    settings = [f"--{path}={value}" for path, value in overrides.items()]
    assert spacenit_run(["train_single", "nano", "scene", "local", "--plugin", "masking=random", *settings]) == 0


def test_a_real_scene_becomes_an_evaluated_encoder(
    h5py_dir: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train(h5py_dir, tmp_path / "run", steps=6)
    labels = SCENE / "landsat96_labelled_pixels.tif"
    command = ["evaluate", str(tmp_path / "run"), "--labels", str(labels), "--window", "4", "--patch-size", "2"]
    assert spacenit_run([*command, "--block", "570", "--folds", "2", "--draws", "1", "--probe", "logistic_blocks"]) == 0
    shown = capfd.readouterr().out
    assert "raw_pixels" in shown and "random_init" in shown
    content = json.loads((tmp_path / "run" / "evaluation" / "results.json").read_text())
    facts = content["facts"]
    # All hand-labelled pixels of all classes are found, though labels and scene name different reference systems.
    assert facts["points"] + facts["points_without_pixels"] == 2872
    assert facts["classes"] == [1, 2, 3, 4, 5, 6, 7]
    assert facts["test_points"] > 2000
    accuracy = {score["features"]: score["metrics"]["accuracy"]["value"] for score in content["scores"]}
    # The largest class has a third of the pixels; real pixels tell more than that.
    assert all(0.4 < value < 1 for value in accuracy.values())
