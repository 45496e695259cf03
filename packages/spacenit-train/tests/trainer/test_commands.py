"""The run commands: in this process where that is enough, in real ones where signals and kills are at stake."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from spacenit_core import checkpoint
from spacenit_core.cli.main import run
from spacenit_core.plugins import discovery
from spacenit_core.samples.visibility import MISSING
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_train.distributed.torchrun import EXCHANGE, launch
from spacenit_train.plots import draw_masks
from spacenit_train.preview import filled_steps, open_loader, shares
from spacenit_train.trainer.metrics import read_metrics

from .command_line import words


def final(folder: Path, step: int) -> list[bytes]:
    found = checkpoint.latest(folder)
    assert found is not None and found.name == f"step{step}"
    return [(found / name).read_bytes() for name in ("model.safetensors", "optimizer.safetensors")]


def start(arguments: list[str], log: Path, **environment: str) -> "subprocess.Popen[bytes]":
    """`spacenit-run` as people start it."""
    with open(log, "ab") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", "spacenit_core", *arguments],
            stdout=stream,
            stderr=stream,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        )


def wait_for(
    condition: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path, seconds: float = 120
) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None and time.monotonic() < until, log.read_text()
        time.sleep(0.02)


def rows(folder: Path) -> int:
    path = folder / "metrics.jsonl"
    return len(read_metrics(path)) if path.exists() else 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A run of 14 steps, by the command `train` in this process."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert run(words("train", data, folder, "--trainer.max_duration.steps=14")) == 0
    return folder


def test_killed_twice_through_the_command_line(tmp_path: Path, data: Path, whole: Path, fork_server: Any) -> None:
    folder = tmp_path / "run"
    # The number of loader workers changes nothing either.
    for kill_after, workers in ((3, 1), (8, 0)):
        arguments = words("train", data, folder, "--trainer.max_duration.steps=14", workers=workers)
        (pid,) = fork_server.start_command(arguments)
        until = time.monotonic() + 120
        while rows(folder) < kill_after:
            assert time.monotonic() < until, fork_server.log.read_text()
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
        assert fork_server.wait() == [-signal.SIGKILL]
    fork_server.start_command(arguments)
    assert fork_server.wait() == [0], fork_server.log.read_text()
    assert final(folder, 14) == final(whole, 14)
    assert [row["step"] for row in read_metrics(folder / "metrics.jsonl")] == list(range(1, 15))


@pytest.mark.slow
def test_two_processes_stop_at_a_signal_with_code_75(tmp_path: Path, data: Path) -> None:
    folder, log = tmp_path / "run", tmp_path / "log"
    arguments = words("train", data, folder, "--trainer.max_duration.steps=100000", "--nproc_per_node=2")
    process = start(arguments, log)
    try:
        wait_for(lambda: rows(folder) >= 2, process, log)
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
        assert code == 75, log.read_text()
    finally:
        process.kill()
    found = checkpoint.latest(folder)
    assert found is not None
    step = checkpoint.verify(found).step
    assert json.loads((found / "state.json").read_text())["processes"] == 2
    assert rows(folder) == step
    said = log.read_text()
    assert said.count("the same command again") == 1 and "Traceback" not in said and "ChildFailed" not in said
    assert run(words("train_single", data, folder, f"--trainer.max_duration.steps={step + 1}")) == 0
    assert checkpoint.latest(folder) == folder / f"step{step + 1}"


def test_a_signal_before_any_process_is_up_means_again(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = signal.getsignal(signal.SIGTERM)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    assert launch(["--nproc_per_node=1"], ["plugins", "list"]) == 75
    assert signal.getsignal(signal.SIGTERM) == before
    assert capfd.readouterr().err.endswith("stopped before the run began; give the same command again\n")


def test_a_process_that_comes_up_after_the_end_goes_in_silence(tmp_path: Path, data: Path, fork_server: Any) -> None:
    arguments = words("train", data, tmp_path / "run", "--trainer.max_duration.steps=1")
    place = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", EXCHANGE: str(tmp_path / "removed")}
    fork_server.start_command(arguments, **place)
    assert (fork_server.wait(), fork_server.log.read_text()) == ([75], "")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_torchrun_by_hand(tmp_path: Path, data: Path) -> None:
    folder = tmp_path / "run"
    torchrun = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node=2",
        "-m",
        "spacenit_core",
    ]
    arguments = words("train", data, folder, "--trainer.max_duration.steps=3")
    done = subprocess.run([*torchrun, *arguments], env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=300)
    assert done.returncode == 0 and rows(folder) == 3
    single = words("train_single", data, folder, "--trainer.max_duration.steps=4")
    failed = subprocess.run([*torchrun, *single], capture_output=True, text=True, timeout=300)
    assert failed.returncode != 0 and failed.stderr.count("error: train_single is one process") == 1


@pytest.mark.slow
def test_an_error_in_several_processes_is_said_once(tmp_path: Path, data: Path) -> None:
    log = tmp_path / "log"
    folder = tmp_path / "run"
    assert run(words("train", data, folder, "--trainer.max_duration.steps=1")) == 0
    other = words("train", data, folder, "--trainer.max_duration.steps=2", "--seed=5", "--nproc_per_node=2")
    assert start(other, log).wait(180) == 2
    said = log.read_text()
    assert said.count("error:") == 1 and "seed: 12536 -> 5" in said
    assert "Traceback" not in said and "ChildFailed" not in said


def test_the_same_command_finds_the_run_complete(data: Path, whole: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = final(whole, 14)
    assert run(words("train", data, whole, "--trainer.max_duration.steps=14")) == 0
    assert final(whole, 14) == before
    assert "finished after 14 steps" in capfd.readouterr().err


def test_the_config_says_where_it_came_from(whole: Path) -> None:
    text = (whole / "config.yaml").read_text()
    assert "# recipe nano" in text and "# --model.encoder.depth=1" in text and "# spacenit-core " in text


@pytest.mark.parametrize("command", ["train", "train_single", "prep", "visualize"])
def test_a_missing_data_set_is_a_user_error(
    tmp_path: Path, data: Path, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    unset = [word for word in words(command, data, tmp_path / "run") if "h5py_dir" not in word]
    for arguments in (unset, words(command, tmp_path / "nowhere", tmp_path / "run")):
        assert run(arguments) == 2
        said = capfd.readouterr().err
        assert "--dataset.h5py_dir" in said and "Traceback" not in said
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").glob("step*"))


def test_several_processes_check_the_data_set_before_they_start(tmp_path: Path, data: Path) -> None:
    began = time.monotonic()
    assert run(words("train", tmp_path / "nowhere", tmp_path / "run", "--nproc_per_node=2")) == 2
    assert time.monotonic() - began < 5


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_process_for_each_gpu_needs_one(tmp_path: Path, data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(words("train", data, tmp_path / "run", "--nproc_per_node=gpu")) == 2
    assert "there is no GPU" in capfd.readouterr().err


def test_train_single_starts_no_other_processes(tmp_path: Path, data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(words("train_single", data, tmp_path / "run", "--nproc_per_node=2")) == 2
    assert "train_single is one process" in capfd.readouterr().err


def test_prep_says_what_is_there(tmp_path: Path, data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(words("prep", data, tmp_path / "run", "--trainer.max_duration.epochs=2")) == 0
    said = capfd.readouterr().out
    for part in (
        "12 samples of 8 cells",
        "3 steps per epoch of 4 samples",
        "2 epochs = 6 steps",
        "first batch: 4 windows of",
    ):
        assert part in said
    rows = [line.split() for line in said.splitlines()]
    assert ["sentinel1", "67%"] in rows and ["sentinel2_l2a", "100%"] in rows
    # Of 3 x 3 patches, 9 tokens are the map's, and 4 band groups make 36 per date: 4 dates would fit into 160 tokens,
    # and samples have 3.
    assert ["3", "3", "117", "2"] in rows
    assert "samples have up to 3 dates" in said and "3 dates of at most 9" in said
    assert not (tmp_path / "run").exists()


def test_a_dry_run_says_that_a_set_is_smaller_than_a_batch(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["dry_run", "nano", "r", "local", "--sensors=[sentinel2_l2a]", f"--dataset.h5py_dir={data}"]
    assert run(arguments) == 0
    assert "global_batch_size=512 is more than the 12 samples of the data set" in capfd.readouterr().out
    assert run([*arguments, "--data_loader.global_batch_size=12"]) == 0
    assert "cannot begin" not in capfd.readouterr().out


def test_prep_finds_corrupt_samples(tmp_path: Path, data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / data.parent.name / data.name
    shutil.copytree(data, folder)
    (folder / "sample_5.h5").write_bytes((folder / "sample_5.h5").read_bytes()[:-200])
    assert run(words("prep", folder, tmp_path / "run")) == 1
    assert "sample_5.h5" in capfd.readouterr().err
    assert run(words("prep", folder, tmp_path / "run", "--data_loader.on_corrupt=skip")) == 0
    for path in folder.glob("sample_*.h5"):
        path.write_bytes(path.read_bytes()[:-200])
    capfd.readouterr()
    assert run(words("visualize", folder, tmp_path / "run")) == 1
    assert "convert or copy it again, or set data_loader.on_corrupt=skip" in capfd.readouterr().err


def test_pictures_and_shares_are_of_the_dates_that_there_are(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    batch = next(open_loader(tiny.experiment(data, tmp_path / "run")).batches())
    steps = batch.layout.timesteps

    figure = draw_masks(batch, 0)

    assert steps > 3 and filled_steps(batch).sum(axis=1).tolist() == [3] * len(batch)
    titles = {axes.get_title() for axes in figure.axes if axes.get_title().startswith("2021")}
    assert titles == {f"2021-0{month}-01" for month in (1, 2, 3)}
    assert sum(axes.get_title() == "2021-03-01" for axes in figure.axes) == 2
    assert sum(shares(batch).values()) <= 1 and shares(batch)["missing"] < (batch.visibility == MISSING).float().mean()


def test_visualize_draws_samples_and_masks(tmp_path: Path, data: Path) -> None:
    folder = tmp_path / "run"
    assert run(words("visualize", data, folder, "--num_samples=2", "--step=1")) == 0
    pictures = sorted((folder / "visualizations").iterdir())
    assert len(pictures) == 2 and all(path.name.startswith("step1_sample") for path in pictures)
    for path in pictures:
        pixels = np.round(imread(path)[..., :3] * 255).astype(int)
        for name, color in {"encoded": (0x2A, 0x6F, 0xBB), "predicted": (0xF0, 0xA0, 0x3C)}.items():
            assert (pixels == color).all(-1).mean() > 0.01, name


PLUGIN = """
from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec

COLORS = SensorSpec(
    name="drone",
    summary="Four bands from above",
    band_groups=(BandGroup(bands=("R", "G", "B"), gsd=10.0), BandGroup(bands=("N",), gsd=10.0)),
    temporal=True,
    normalization=MeanStd(mean=(500.0,) * 4, std=(200.0,) * 4),
)
"""


def test_a_sensor_of_a_plugin_is_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    site, run_folder = tmp_path / "site", tmp_path / "run"
    (site / "mini_sensor-0.1.dist-info").mkdir(parents=True)
    (site / "mini_sensor.py").write_text(PLUGIN)
    (site / "mini_sensor-0.1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: mini-sensor\nVersion: 0.1\n"
    )
    entry = "[spacenit.sensors]\ndrone = mini_sensor:COLORS\n"
    (site / "mini_sensor-0.1.dist-info" / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(site)
    discovery.refresh()
    try:
        data = drone_set(tmp_path / "data")
        arguments = words("train", data, run_folder, "--trainer.max_duration.steps=3")
        arguments = [word for word in arguments if "--sensors" not in word]
        assert run([*arguments, "--sensors=[drone]"]) == 0, capfd.readouterr().err
        manifest = checkpoint.verify(run_folder / "step3")
    finally:
        monkeypatch.undo()
        discovery.refresh()
    losses: list[Any] = [row["loss"] for row in read_metrics(run_folder / "metrics.jsonl")]
    assert len(losses) == 3 and all(np.isfinite(losses)) and len(set(losses)) == 3
    assert manifest.versions["mini-sensor"] == "0.1"


def drone_set(root: Path) -> Path:
    rng = np.random.default_rng(0)
    writer = H5SetWriter(root, ["drone"], count=4, tile_size=8)
    for index in range(4):
        bands = {"drone": rng.normal(500, 200, (8, 8, 2, 4)).astype(np.float32)}
        times = np.array([[1, 0, 2020], [1, 6, 2020]])
        latlon = np.zeros(2, np.float32)
        sample = SampleArrays(bands=bands, present={"drone": np.ones(2, bool)}, timestamps=times, latlon=latlon)
        writer.write(index, sample)
    return writer.finish()
