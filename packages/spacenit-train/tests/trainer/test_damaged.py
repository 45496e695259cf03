"""Runs on damaged samples and from damaged checkpoints: the same limits and the same history as without a stop."""

import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from spacenit_core.errors import DataError
from spacenit_train.trainer.state import read

from .runs import fit, rows_of, steps


@pytest.fixture
def three_damaged(tmp_path: Path, data: Path) -> Path:
    """The tiny set with three samples that cannot be read."""
    folder = tmp_path / data.parent.name / data.name
    shutil.copytree(data, folder)
    for number in (2, 5, 9):
        path = folder / f"sample_{number}.h5"
        path.write_bytes(path.read_bytes()[:-200])
    return folder


def test_the_share_of_damaged_samples_counts_over_the_runs_life(
    tmp_path: Path, three_damaged: Path, tiny: ModuleType
) -> None:
    loader = {"on_corrupt": "skip", "max_corrupt_fraction": 0.2}

    def train(name: str, value: int) -> Any:
        return fit(tiny.experiment(three_damaged, tmp_path / name, value=value, loader=loader, save_interval=1))

    with pytest.raises(DataError, match="3 of 12 samples"):
        train("whole", 9)
    last = steps(tmp_path / "whole")[-1]
    assert last
    for value in range(1, last + 1):
        train("pieces", value)
    assert len(read(tmp_path / "pieces" / f"step{last}").corrupt) == 2
    with pytest.raises(DataError, match="3 of 12 samples"):
        train("pieces", last + 1)


def test_where_no_checkpoint_is_whole_the_former_metrics_are_kept(
    tmp_path: Path, begun: Path, data: Path, tiny: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(begun, folder)
    before = rows_of(folder)
    for kept in ("metrics.1.jsonl", "metrics.2.jsonl"):
        path = next(folder.glob("step*/model.safetensors"))
        path.write_bytes(path.read_bytes()[:-1])
        fit(tiny.experiment(data, folder, value=2))
        said = "".join(capsys.readouterr().err.split())
        assert f"itsformermetricsarekeptin{folder / kept}" in said
        assert len((folder / kept).read_text().splitlines()) == len(before) and steps(folder) == [1, 2]
    losses = [row["loss"] for row in before]
    assert [row["loss"] for row in rows_of(folder)] == losses


def test_a_run_that_was_killed_before_its_first_checkpoint_keeps_nothing(
    tmp_path: Path, begun: Path, data: Path, tiny: ModuleType
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(begun, folder)
    shutil.rmtree(folder / "step2")
    fit(tiny.experiment(data, folder, value=2))
    assert steps(folder) == [1, 2] and not list(folder.glob("metrics.*.jsonl"))
