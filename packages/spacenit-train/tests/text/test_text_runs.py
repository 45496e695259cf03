"""Texts are trained on like anything else: the weights depend neither on ranks nor on interruptions."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spacenit_core import checkpoint
from spacenit_core.cli.main import run
from spacenit_train.trainer.metrics import read_metrics

from .command_lines import words

STEPS = 12
TRAINED = ("--trainer.max_duration.steps=12", "--trainer.callbacks.checkpointer.ephemeral_save_interval=2")

SLOW = "--data_loader.wait=0.25"
TWO = ("--nproc_per_node=2",)


def digest(folder: Path) -> str:
    """SHA-256 of the final weights."""
    found = checkpoint.latest(folder)
    assert found is not None and found.name == f"step{STEPS}"
    return hashlib.sha256((found / "model.safetensors").read_bytes()).hexdigest()


def rows(folder: Path) -> int:
    path = folder / "metrics.jsonl"
    return len(read_metrics(path)) if path.exists() else 0


def wait_for(condition: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, texts: Path) -> Path:
    """A run that nothing interrupted, in one process."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert run(words("train", texts, folder, *TRAINED)) == 0
    return folder


def test_it_learns_and_two_ranks_end_with_the_weights_of_one(
    tmp_path: Path, site: Path, texts: Path, whole: Path, fork_server: Any
) -> None:
    losses = [row["NextByte"] for row in read_metrics(whole / "metrics.jsonl")]
    assert losses[-1] < 0.9 * losses[0]
    arguments = words("train", texts, tmp_path / "run", *TRAINED)
    fork_server.start_command(arguments, ranks=2, limit=seeing(site))
    assert fork_server.wait() == [0, 0], fork_server.log.read_text()
    assert digest(tmp_path / "run") == digest(whole)


def test_killed_and_stopped_on_other_numbers_of_ranks_it_ends_with_the_same_weights(
    tmp_path: Path, site: Path, texts: Path, whole: Path, fork_server: Any
) -> None:
    folder = tmp_path / "run"
    arguments = words("train", texts, folder, *TRAINED, SLOW)
    for ranks, number, code, after in ((1, signal.SIGKILL, -signal.SIGKILL, 3), (2, signal.SIGTERM, 75, 6)):
        pids = fork_server.start_command(arguments, ranks=ranks, limit=seeing(site))
        wait_for(lambda after=after: rows(folder) >= after, fork_server.log)
        for pid in pids:
            os.kill(pid, number)
        assert fork_server.wait() == [code] * ranks, fork_server.log.read_text()
        assert rows(folder) < STEPS
    assert run(arguments) == 0
    assert digest(folder) == digest(whole)
    assert [row["step"] for row in read_metrics(folder / "metrics.jsonl")] == list(range(1, STEPS + 1))


@pytest.mark.slow
def test_a_signal_stops_both_ranks_of_torchrun_and_the_same_command_goes_on(
    tmp_path: Path, texts: Path, whole: Path
) -> None:
    folder, log = tmp_path / "run", tmp_path / "log"
    command = [sys.executable, "-m", "spacenit_core", *words("train", texts, folder, *TRAINED, SLOW, *TWO)]
    for stops, code in ((True, 75), (False, 0)):
        with open(log, "ab") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=stream)
        try:
            if stops:
                wait_for(lambda: rows(folder) >= 3, log)
                process.send_signal(signal.SIGTERM)
            assert process.wait(120) == code, log.read_text()
        finally:
            process.kill()
    assert digest(folder) == digest(whole)
    assert "Traceback" not in log.read_text()


def test_other_texts_are_refused_and_moved_ones_are_not(
    tmp_path: Path, texts: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in texts.iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    assert run(words("train", moved, whole, *TRAINED)) == 0
    (moved / "0.txt").write_text("something else, and rather long, so that there are more than four pieces of it")
    assert run(words("train", moved, whole, *TRAINED)) == 2
    assert "was begun with other data" in capsys.readouterr().err


def seeing(site: Path) -> str:
    """Statements after which a process of the fork server finds the plugin."""
    return f"import sys; sys.path.insert(0, {str(site)!r}); from spacenit_core.plugins import discovery; " + (
        "discovery.refresh()"
    )
