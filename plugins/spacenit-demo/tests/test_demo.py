"""The demo from its command line to its pictures, on a world small enough for a test."""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.errors import UserError
from spacenit_core.sensors.selection import SensorSet
from spacenit_demo import evaluation, stages
from spacenit_demo.figures.landscape import principal_colours
from spacenit_demo.patch import DEMO
from spacenit_demo.resolution import resolve_demo
from spacenit_demo.settings import PATCH_SIZE, SENSORS, WINDOW
from spacenit_demo.world.generate import WorldSize, make_world, world_at
from spacenit_evals.checkpoint import load_run
from spacenit_train.run import Run

SMALL = WorldSize(landscapes=3, tiles=2, tile_size=64)
# As small as the machinery allows: what is tested is that all parts meet, not what is learnt.
QUICK = (
    "--model.encoder.depth=1",
    "--model.encoder.embedding_size=32",
    "--model.decoder.depth=1",
    "--data_loader.num_workers=0",
    "--data_loader.global_batch_size=8",
)


def resolve(out: Path, *words: str, plugins: tuple[str, ...] = (), seed: int = 0, steps: int | None = 3) -> Run:
    if not any("global_batch_size" in word for word in words):
        # The small world has fewer samples than the recipe's batch.
        words = (*words, QUICK[-1])
    return resolve_demo(words, plugins=plugins, patches=(), seed=seed, steps=steps, out=out, size=SMALL)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tmp_path_factory.mktemp("demo")
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def played(out: Path) -> stages.Demo:
    demo = stages.Demo(run=resolve(out, *QUICK), out=out, seed=0, size=SMALL)
    assert demo.run_stages() == 0
    return demo


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("--sensors=[landsat]", "need sentinel2_l2a"),
        ("--sensors=[sentinel2_l2a,cdl]", "has no cdl"),
        ("--dataset.h5py_dir=/elsewhere", "the world that it makes"),
        ("--data_loader.global_batch_size=64", "more than the world's 12"),
    ],
)
def test_what_would_fail_late_is_refused_before_anything_is_made(tmp_path: Path, word: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        resolve(tmp_path, word)
    assert not list(tmp_path.iterdir())


def test_the_patch_asks_for_what_the_evaluation_expects(tmp_path: Path) -> None:
    experiment = resolve(tmp_path, steps=None).experiment
    assert set(experiment.sensors) <= set(SENSORS)
    loader, encoder = experiment.data_loader, experiment.model.encoder
    assert loader.min_patch_size <= PATCH_SIZE <= loader.max_patch_size and WINDOW % PATCH_SIZE == 0
    assert encoder.embedding_size == 128 and encoder.depth == 4
    assert experiment.train_module.scheduler.warmup_steps < experiment.trainer.max_duration.value / 5
    assert DEMO.summary


def test_settings_reach_the_run_and_name_its_folder(tmp_path: Path) -> None:
    plain, again = resolve(tmp_path).experiment, resolve(tmp_path).experiment
    assert plain == again
    others = [
        resolve(tmp_path, seed=1),
        resolve(tmp_path, steps=4),
        resolve(tmp_path, plugins=("masking=random",)),
        resolve(tmp_path, "--train_module.optim.lr=0.5"),
    ]
    folders = {run.experiment.trainer.save_folder for run in others} | {plain.trainer.save_folder}
    assert len(folders) == 5 and all(folder is not None and folder.parent == tmp_path for folder in folders)
    seeded, stepped, masked, rated = (run.experiment for run in others)
    assert seeded.seed == 1 and "seed1" in str(seeded.dataset.h5py_dir)
    assert stepped.trainer.max_duration.value == 4
    assert type(masked.train_module.masking).__name__ == "RandomMasking"
    assert rated.train_module.optim.lr == 0.5


def test_a_folder_that_the_user_names_is_kept(tmp_path: Path) -> None:
    experiment = resolve(tmp_path, f"--common.save_folder={tmp_path / 'mine'}").experiment
    assert experiment.trainer.save_folder == tmp_path / "mine"


def test_the_demo_writes_its_table_and_its_pictures(played: stages.Demo) -> None:
    content = json.loads((played.run_folder / "results.json").read_text())
    assert {(score["probe"], score["features"]) for score in content["scores"]} == {
        (probe, features)
        for probe in ("knn", "logistic_blocks")
        for features in ("pretrained", "random_init", "raw_pixels")
    }
    assert content["step"] == 3
    assert content["facts"]["sensors"] == ["sentinel2_l2a", "sentinel1"]
    for name in ("loss", "sample", "masks", "embedding", "map"):
        data = (played.run_folder / "figures" / f"{name}.png").read_bytes()
        width, height = struct.unpack(">II", data[16:24])
        assert data[:8] == b"\x89PNG\r\n\x1a\n" and width > 700 and height > 400
        assert len(data) > 8_000


def timeless(value: Any) -> Any:
    """The same without when it was computed, and how long that took."""
    if isinstance(value, dict):
        return {name: timeless(one) for name, one in value.items() if name not in ("seconds", "time")}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def test_a_second_showing_makes_and_trains_nothing_anew(
    played: stages.Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(played.out, 0, SMALL)
    files = [world.h5py_dir / "sample_0.h5", played.run_folder / "step3" / "model.safetensors"]
    before = [file.stat().st_mtime_ns for file in files]
    results = timeless(json.loads((played.run_folder / "results.json").read_text()))
    assert played.run_stages() == 0
    assert [file.stat().st_mtime_ns for file in files] == before
    assert timeless(json.loads((played.run_folder / "results.json").read_text())) == results
    shown = capsys.readouterr().out
    for word in ("sentinel2_l2a", "random_init", "raw_pixels", "95 % confidence", "pretrained encoder is", "next:"):
        assert word in shown


def test_the_map_is_drawn_where_the_truth_is(played: stages.Demo) -> None:
    world = make_world(played.out, 0, SMALL)
    view = evaluation.view_landscape(load_run(played.run_folder), world, SMALL, 0, 1, lambda done, total: None)
    side = SMALL.tiles * SMALL.tile_size
    assert view.truth.shape == view.train.shape == (side, side)
    assert view.predicted.shape == view.vectors.shape[:2] == (side // WINDOW, side // WINDOW)
    assert 0 < view.train.mean() < 0.7
    # Even an untrained encoder knows water from land, so a shifted or turned map would agree less.
    middle = view.truth[WINDOW // 2 :: WINDOW, WINDOW // 2 :: WINDOW]

    def agreement(truth: np.ndarray) -> float:
        """As the probe is fitted: every class counts the same."""
        return float(np.mean([(view.predicted == code)[truth == code].mean() for code in np.unique(truth)]))

    turned = max(agreement(other) for other in (middle.T, middle[::-1], middle[:, ::-1]))
    assert agreement(middle) > turned + 0.03


def test_maps_are_no_input_of_the_evaluation(played: stages.Demo) -> None:
    world, run = world_at(played.out, 0, SMALL), load_run(played.run_folder)
    with_map = evolve(run, sensors=SensorSet.of([*run.sensors, "worldcover"]))
    assert evaluation.benchmark(with_map, world, 0).sensors == ("sentinel2_l2a", "sentinel1")


def test_mistakes_are_explained_before_any_work(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for words, text in (
        (["--plugin", "masking=randm"], "random"),
        (["--train_module.optim.lrr=1"], "lr"),
        (["--stepz=3"], "--steps"),
        (["--steps", "0"], "--steps"),
        (["nano"], "nano"),
    ):
        assert spacenit_run(["demo", "--out", str(tmp_path), *words]) == 2
        assert text in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_principal_colours_tell_groups_apart_and_do_not_flip() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(2), 50)
    vectors = (rng.normal(0, 1, 8)[None] * 5 * groups[:, None] + rng.normal(0, 0.1, (100, 8))).reshape(10, 10, 8)
    colours = principal_colours(vectors)
    assert colours.shape == (10, 10, 3) and colours.min() >= 0 and colours.max() <= 1
    first = colours.reshape(100, 3)[:, 0]
    assert abs(first[:50].mean() - first[50:].mean()) > 0.8
    np.testing.assert_allclose(principal_colours(vectors.copy()), colours)
    vectors[0, 0] = np.nan
    assert (principal_colours(vectors)[0, 0] == 1).all()


@pytest.mark.slow
def test_the_pretrained_encoder_is_ahead_of_both_baselines(tmp_path: Path) -> None:
    """The demo as users see it, in a process of its own: minutes."""
    command = [sys.executable, "-m", "spacenit_core", "demo", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    content = json.loads(next(tmp_path.glob("demo_*/results.json")).read_text())
    gains = {(score["probe"], score["features"]): score["gain"] for score in content["scores"] if score["gain"]}
    assert len(gains) == 4
    for pair, gain in gains.items():
        assert gain["low"] > 0, f"{pair}: {gain}"
