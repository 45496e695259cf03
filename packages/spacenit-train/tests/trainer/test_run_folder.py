"""A run's folder: who may write there, what lies in it, and who hears of it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
import pytest
import torch
from attrs import evolve

from spacenit_core import checkpoint
from spacenit_core.config import load_yaml, structure
from spacenit_core.errors import UserError
from spacenit_core.plugins.hooks import hooks
from spacenit_core.plugins.hookspecs import hookimpl
from spacenit_core.pretrained.run import read_run
from spacenit_train.tile_experiment import TileExperiment
from spacenit_train.trainer.metrics import MetricsFile, read_metrics
from spacenit_train.trainer.run_folder import locked
from spacenit_train.trainer.trainer import Trainer

from .runs import FailedOnPurpose, Raises, fit


def test_two_processes_cannot_train_in_one_folder(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    folder = tmp_path / "run"
    holder = (
        "import sys, pathlib; from spacenit_train.trainer.run_folder import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match=f"another process is training in .*process {process.pid}"):
            fit(tiny.experiment(data, folder))
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
    with locked(folder):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written: Not a directory\n.*--trainer.save_folder"):
        fit(tiny.experiment(data, tmp_path / "file" / "run"))


def test_rows_hold_the_same_names_and_finite_numbers(begun: Path) -> None:
    rows = read_metrics(begun / "metrics.jsonl")
    names = [
        "step",
        "epoch",
        "tokens",
        "loss",
        "ModalityPatchDisc",
        "InfoNCE",
        "grad_norm",
        "lr",
        "seconds",
        "data_seconds",
    ]
    assert [list(row) for row in rows] == [names] * 2
    assert all(isinstance(value, int | float) and value == value for row in rows for value in row.values())


def test_the_run_folder_says_what_ran(begun: Path) -> None:
    text = (begun / "config.yaml").read_text()
    assert "# spacenit-train " in text and "# torch " in text
    assert structure(load_yaml(begun / "config.yaml"), TileExperiment).run_name == "tiny"
    environment = json.loads((begun / "environment.json").read_text())
    assert environment["device"] == "cpu" and environment["processes"] == 1 and environment["versions"]["python"]
    manifest = checkpoint.verify(begun / "step2")
    tensors = {"model.safetensors", "optimizer.safetensors"}
    assert set(manifest.files) == {*tensors, "state.json", "config.yaml", "sensors.json"}
    assert manifest.versions["torch"] == torch.__version__.partition("+")[0] and len(manifest.config_sha256) == 64
    state = json.loads((begun / "step2" / "state.json").read_text())
    assert state["progress"]["step"] == 2 and state["epoch"] == 0 and state["processes"] == 1
    assert state["encoded_sensors"] == ["sentinel2_l2a", "sentinel1"]
    assert read_run(begun).encoded_sensors.names == ("sentinel2_l2a", "sentinel1")


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "metrics.jsonl")
    file.cut(3)
    file.append([{"step": step, "loss": 0.5} for step in range(1, 6)])
    with open(file.path, "ab") as stream:
        stream.write(b'{"step": 6, "lo')
    assert len(read_metrics(file.path)) == 5
    file.cut(9)
    assert file.path.read_bytes().endswith(b"}\n") and len(read_metrics(file.path)) == 5
    file.cut(3)
    file.append([{"step": 4}])
    assert [row["step"] for row in read_metrics(file.path)] == [1, 2, 3, 4]
    file.cut(0)
    assert file.path.read_bytes() == b""


class _Listener:
    def __init__(self) -> None:
        self.heard: list[Any] = []

    @hookimpl
    def spacenit_run_started(self, run_folder: Path) -> None:
        self.heard.append(("started", run_folder.name))

    @hookimpl
    def spacenit_checkpoint_saved(self, path: Path, step: int) -> None:
        self.heard.append(("saved", path.name, step))

    @hookimpl
    def spacenit_run_finished(self, outcome: str) -> None:
        self.heard.append(("finished", outcome))

    @hookimpl
    def spacenit_environment(self) -> dict[str, str]:
        return {"machine": "test bench"}


@pytest.fixture
def listener() -> Iterator[_Listener]:
    manager: pluggy.PluginManager = hooks()
    heard = _Listener()
    manager.register(heard)
    yield heard
    manager.unregister(heard)


def test_plugins_hear_of_the_run(tmp_path: Path, data: Path, tiny: ModuleType, listener: _Listener) -> None:
    fit(tiny.experiment(data, tmp_path / "run", value=2, ephemeral=1))
    saved = [("saved", "step1", 1), ("saved", "step2", 2), ("saved", "step2", 2)]
    assert listener.heard == [("started", "run"), *saved, ("finished", "finished")]
    assert json.loads((tmp_path / "run" / "environment.json").read_text())["machine"] == "test bench"
    listener.heard.clear()
    trainer = Trainer(tiny.experiment(data, tmp_path / "failing", value=2))
    trainer.config = evolve(trainer.config, callbacks={"fail": Raises(FailedOnPurpose(), at=1)})
    with pytest.raises(FailedOnPurpose):
        trainer.fit()
    assert listener.heard == [("started", "failing"), ("finished", "failed")]


def test_a_run_that_lies_where_a_checkpoint_would_go_is_found_at_once(
    begun: Path, tmp_path: Path, data: Path, tiny: ModuleType
) -> None:
    shutil.copytree(begun, tmp_path / "run" / "step400")
    with pytest.raises(UserError, match="step400 is a run's folder"):
        fit(tiny.experiment(data, tmp_path / "run", value=2))
