"""What people see of a run, and what is sent elsewhere."""

import importlib.util
import io
import re
import socket
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from spacenit_core import checkpoint
from spacenit_train.callbacks.console import ConsoleConfig, ConsoleProgress
from spacenit_train.callbacks.wandb import WandbConfig, WandbLogger, choose_mode, run_id
from spacenit_train.trainer.trainer import Trainer

LINE = re.compile(r"step (\d+)/25  loss \d+\.\d{4}  \d+\.\d samples/s  data wait \d+%  ETA \d+:\d\d:\d\d")


def run(tiny: ModuleType, data: Path, folder: Path, console: Console, **settings: Any) -> str:
    trainer = Trainer(tiny.experiment(data, folder, value=25, callbacks={"console": ConsoleConfig()}, **settings))
    build = trainer._build

    def build_and_redirect() -> None:
        build()
        trainer.callbacks[:] = [ConsoleProgress(console)]

    trainer._build = build_and_redirect  # type: ignore[method-assign]
    trainer.fit()
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_without_a_terminal_there_is_one_line_per_ten_steps(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    text = run(tiny, data, tmp_path / "run", Console(file=io.StringIO(), width=200))
    first, *lines = text.splitlines()
    assert first.startswith("tiny: step 0, to 25 steps;") and "12 samples, 3 steps per epoch" in first
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches), lines
    assert [int(match[1]) for match in matches if match] == [10, 20, 25]
    assert "\x1b" not in text


def test_on_a_terminal_there_is_a_bar(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    console = Console(file=io.StringIO(), width=160, force_terminal=True, legacy_windows=False)
    text = run(tiny, data, tmp_path / "run", console)
    for part in ("step 25/25", "loss ", "samples/s", "data wait", "ETA", "\x1b["):
        assert part in text


def test_checkpoints_are_kept_as_their_intervals_say(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    folder = tmp_path / "run"
    Trainer(tiny.experiment(data, folder, value=11, save_interval=4, ephemeral=3)).fit()
    assert [path.name for path in checkpoint.checkpoints(folder)] == ["step11", "step8", "step4"]
    assert not any(checkpoint.verify(path).ephemeral for path in checkpoint.checkpoints(folder))
    # An interval that ends with the run makes its last checkpoint one to keep.
    Trainer(tiny.experiment(data, folder, value=12, save_interval=100, ephemeral=3)).fit()
    names = [path.name for path in checkpoint.checkpoints(folder)]
    assert names == ["step12", "step11", "step8", "step4"]
    assert not checkpoint.verify(folder / "step12").ephemeral


def test_a_run_without_a_checkpointer_leaves_none(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    Trainer(tiny.experiment(data, tmp_path / "run", value=2, callbacks={})).fit()
    assert checkpoint.checkpoints(tmp_path / "run") == []


@pytest.fixture
def no_wandb_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_wandb_is_wanted_where_it_can_be(no_wandb_settings: pytest.MonkeyPatch) -> None:
    installed = importlib.util.find_spec("wandb") is not None
    assert not WandbLogger(WandbConfig()).is_wanted()
    assert not WandbLogger(WandbConfig(enabled=False)).is_wanted()
    no_wandb_settings.setenv("WANDB_API_KEY", "0" * 40)
    assert WandbLogger(WandbConfig()).is_wanted() is installed
    assert WandbLogger(WandbConfig(enabled=True)).is_wanted() is installed
    assert not WandbLogger(WandbConfig(enabled=False)).is_wanted()


def test_wandb_that_is_not_installed_is_said_once_and_harms_nothing(
    tmp_path: Path,
    data: Path,
    tiny: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("spacenit_train.callbacks.wandb.find_spec", lambda name: None)
    Trainer(tiny.experiment(data, tmp_path / "run", value=2, callbacks={"wandb": WandbConfig(enabled=True)})).fit()
    assert capsys.readouterr().err.count("wandb is not installed") == 1


def test_wandb_is_offline_without_a_key_or_a_server(no_wandb_settings: pytest.MonkeyPatch) -> None:
    assert choose_mode() == "offline"
    no_wandb_settings.setenv("WANDB_API_KEY", "0" * 40)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        no_wandb_settings.setenv("WANDB_BASE_URL", address)
        assert choose_mode() == "offline"
        server.listen()
        assert choose_mode() == "online"
    assert choose_mode() == "offline"
    no_wandb_settings.setenv("WANDB_MODE", "disabled")
    assert choose_mode() == "disabled"


def test_a_run_folder_keeps_its_wandb_run(tmp_path: Path) -> None:
    assert run_id(tmp_path) == run_id(tmp_path) and re.fullmatch("[0-9a-f]{8}", run_id(tmp_path))


def test_an_error_of_wandb_ends_the_sending_and_not_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    logger = WandbLogger(WandbConfig(enabled=True))
    sent: list[Any] = []

    def log(row: Any, step: int) -> None:
        sent.append(step)
        raise ConnectionError("gone")

    logger.run = SimpleNamespace(log=log)
    trainer: Any = SimpleNamespace()
    logger.on_metrics(trainer, [{"step": 1}, {"step": 2}])
    logger.on_metrics(trainer, [{"step": 3}])
    logger.on_run_end(trainer, None)
    assert sent == [1]
    assert capsys.readouterr().err.count("wandb is left out") == 1


@pytest.mark.extras
def test_wandb_writes_an_offline_run(
    tmp_path: Path, data: Path, tiny: ModuleType, no_wandb_settings: pytest.MonkeyPatch
) -> None:
    no_wandb_settings.setenv("WANDB_SILENT", "true")
    folder = tmp_path / "run"
    Trainer(tiny.experiment(data, folder, value=2, callbacks={"wandb": WandbConfig(enabled=True)})).fit()
    assert list((folder / "wandb").glob(f"offline-run-*-{run_id(folder)}"))
