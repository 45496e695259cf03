"""Sensors may be read by another loader than that of tiles, from where it says."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spacenit_core import checkpoint
from spacenit_core.cli.main import run
from spacenit_core.plugins import discovery
from spacenit_train.run import resolve_run

from .command_line import SETTINGS

SIZES = tuple(setting for setting in SETTINGS if not setting.startswith("--data_loader."))


@pytest.fixture(autouse=True)
def _acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The installed plugin."""
    site = tmp_path / "site"
    info = site / "acme_packed-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-packed\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[spacenit.loaders]\npacked = acme_packed:PackedConfig\n")
    shutil.copy(Path(__file__).with_name("acme_packed.py"), site)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    discovery.refresh()
    yield
    monkeypatch.undo()
    sys.modules.pop("acme_packed", None)
    discovery.refresh()


def words(command: str, pack: Path, folder: Path, *more: str) -> list[str]:
    place = [
        "--plugin=loader=packed",
        "--data_loader.global_batch_size=4",
        f"--data_loader.pack={pack}",
        f"--common.save_folder={folder}",
    ]
    return [command, "nano", "packed", "local", *place, *SIZES, *more]


def test_it_is_trained_on_and_resumed_where_the_pack_was_moved(tmp_path: Path, data: Path) -> None:
    folder, moved = tmp_path / "run", shutil.copytree(data, tmp_path / "moved")
    assert run(words("train", data, folder, "--trainer.max_duration.steps=2")) == 0
    assert run(words("train", moved, folder, "--trainer.max_duration.steps=3")) == 0
    found = checkpoint.latest(folder)
    assert found is not None and found.name == "step3"


def test_the_other_commands_ask_it_too(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    assert run(words("dry_run", data, folder)) == 0
    assert "prep and train need" not in capsys.readouterr().out
    assert run(words("prep", data, folder)) == 0
    said = capsys.readouterr().out
    assert "12 samples" in said and "first batch: 4 windows of 2 x 2 patches" in said and "loader 'packed'" in said
    assert run(words("visualize", data, folder, "--num_samples=1")) == 0
    assert len(list(folder.glob("visualizations/*.png"))) == 1


def test_what_is_wrong_with_it_is_said_before_processes_are_started(tmp_path: Path) -> None:
    overrides = ["--sensors=[sentinel1]", f"--trainer.save_folder={tmp_path / 'run'}"]
    request = resolve_run("nano", "packed", plugins=["loader=packed"], overrides=overrides)
    with pytest.raises(Exception, match="no pack is named"):
        request.experiment.check_data()
