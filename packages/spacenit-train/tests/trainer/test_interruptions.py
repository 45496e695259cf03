"""What a run leaves when a signal, an error or a full disk ends it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from attrs import evolve

from spacenit_core import checkpoint
from spacenit_core.errors import DataError
from spacenit_train.trainer.signals import InterruptedRunError, StopRequest
from spacenit_train.trainer.trainer import Trainer

from .runs import FailedOnPurpose, Raises, Sends, fit, steps, weights


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_ends_the_run_after_its_step(
    tmp_path: Path, data: Path, tiny: ModuleType, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    experiment = tiny.experiment(data, tmp_path / "run", value=8)
    trainer = Trainer(experiment)
    trainer.config = evolve(trainer.config, callbacks={**trainer.config.callbacks, "stop": Sends(number, at=3)})
    with pytest.raises(InterruptedRunError, match=f"{number.name} after step 3") as caught:
        trainer.fit()
    assert caught.value.exit_code == 75 and trainer.has_saved
    assert signal.getsignal(number) == before
    assert [path.name for path in checkpoint.checkpoints(tmp_path / "run")] == ["step3"]
    fit(experiment)
    fit(tiny.experiment(data, tmp_path / "whole", value=8))
    assert all(torch.equal(t, weights(tmp_path / "run", 8)[n]) for n, t in weights(tmp_path / "whole", 8).items())


def test_a_second_signal_ends_the_process_at_once() -> None:
    program = (
        "import os, signal, time\nfrom spacenit_train.trainer.signals import StopRequest\n"
        "with StopRequest() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGINT); assert stop.received == 'SIGINT'\n"
        "    os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=50).returncode == 128 + signal.SIGTERM


def test_outside_the_main_thread_signals_stay_as_they_are() -> None:
    import threading

    seen = []

    def enter() -> None:
        with StopRequest() as stop:
            seen.append(stop.received)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [None]


def test_rows_written_in_intervals_are_complete_when_a_run_fails(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    experiment = tiny.experiment(data, tmp_path / "run", value=9, trainer={"metrics_collect_interval": 4})
    trainer = Trainer(experiment)
    trainer.config = evolve(
        trainer.config, callbacks={**trainer.config.callbacks, "fail": Raises(FailedOnPurpose(), at=6)}
    )
    with pytest.raises(FailedOnPurpose):
        trainer.fit()
    assert steps(tmp_path / "run") == [1, 2, 3, 4, 5, 6]
    assert checkpoint.latest(tmp_path / "run") is None
    fit(experiment)
    assert steps(tmp_path / "run") == list(range(1, 10))


def test_a_full_disk_ends_the_run_and_leaves_the_last_checkpoint(
    tmp_path: Path, data: Path, tiny: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    fit(tiny.experiment(data, folder, value=2))
    real = os.fsync

    def full(descriptor: int) -> None:
        if ".tmp-" in os.readlink(f"/proc/self/fd/{descriptor}") and "optimizer" in os.readlink(
            f"/proc/self/fd/{descriptor}"
        ):
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"step 4.*No space left"):
        fit(tiny.experiment(data, folder, value=4))
    monkeypatch.undo()
    assert checkpoint.latest(folder) == folder / "step2"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".step")] == []
    assert fit(tiny.experiment(data, folder, value=4)).progress.step == 4
