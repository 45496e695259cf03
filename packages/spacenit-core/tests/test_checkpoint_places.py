"""Other ways to a checkpoint, and folders that are only called like one."""

from pathlib import Path

import pytest

from spacenit_core import checkpoint
from spacenit_core.errors import DataError
from spacenit_core.pretrained.run import is_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with two checkpoints."""
    for step in (5, 9):
        checkpoint.write(tmp_path / "run", step, {"state.json": b"{}"})
    return tmp_path / "run"


def test_links_and_dots_lead_to_a_checkpoint(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run / "latest").symlink_to("step9")
    (run.parent / "best").symlink_to(run / "latest")
    monkeypatch.chdir(run / "step9")
    for path in (run / "latest", run.parent / "best", Path(), Path("../latest"), Path("../step5/../step9/")):
        assert checkpoint.verify(path).step == 9
        assert checkpoint.real(path).resolve() == run / "step9"
    assert [path.name for path in checkpoint.checkpoints(run)] == ["step9", "step5"]


def test_a_renamed_checkpoint_and_a_link_of_another_step_are_refused(run: Path) -> None:
    (run / "step5").rename(run / "step6")
    (run / "step7").symlink_to("step9")
    for name in ("step6", "step7"):
        with pytest.raises(DataError, match="the folder was renamed"):
            checkpoint.verify(run / name)
    assert checkpoint.latest(run) == run / "step9"


def test_a_run_that_is_called_like_a_checkpoint_is_none(run: Path) -> None:
    other = run / "step300"
    checkpoint.write(other, 1, {"state.json": b"{}"})
    begun = run / "step400"
    begun.mkdir()
    (begun / ".lock").touch()

    assert [path.name for path in checkpoint.checkpoints(run)] == ["step9", "step5"]
    assert checkpoint.run_folders(run) == [other, begun]
    assert is_run(other) and not is_run(begun) and not is_run(run.parent)
    for step in (300, 400):
        with pytest.raises(DataError, match="that is the folder of a run"):
            checkpoint.write(run, step, {"state.json": b"{}"})
    assert checkpoint.latest(other) == other / "step1"
