"""One command in a process of its own, so that what ends it ends nothing else."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import frozen

from spacenit_train.trainer.signals import StopRequest

_POLL = 0.2
"""Seconds between two looks at a process."""

_PR_SET_PDEATHSIG = 1

_LOOK_BACK = 4000
"""Bytes of a log in which its last line is looked for."""


@frozen(kw_only=True)
class Ended:
    """How a process ended.

    Attributes:
        code: its exit code; below 0 the signal that killed it.
        said: the last thing that it said.
    """

    code: int
    said: str


def run(words: Sequence[str], log: Path, stop: StopRequest, show: Callable[[str], None]) -> Ended:
    """Run a command line of `spacenit-run` to its end.

    Args:
        words: behind `spacenit-run`.
        log: the file that everything it says is appended to.
        stop: once it has received a signal, the process is asked to stop, which it does after its step.
        show: told the last line of the log, again and again.
    """
    asked = False
    with open(log, "ab") as stream:
        begin = stream.tell()
        # A session of its own, so that Ctrl-C reaches this process alone, which passes it on once.
        child = subprocess.Popen(
            [sys.executable, "-m", "spacenit_core", *words],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            preexec_fn=_stop_with_parent if sys.platform == "linux" else None,
            env={**os.environ, "COLUMNS": "120"},
        )
        while True:
            if stop.received is not None and not asked:
                asked = True
                child.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                code = child.wait(_POLL)
                break
            show(last_line(log, begin))
    return Ended(code=code, said=_reason(log, begin))


def last_line(log: Path, begin: int = 0) -> str:
    """The last line of a log that says something, as far as it lies behind a position."""
    lines = [line.strip() for line in _tail(log, begin).splitlines()]
    return next((line for line in reversed(lines) if line), "")


def _reason(log: Path, begin: int) -> str:
    """The line that names an error, or the last one."""
    lines = [line.strip() for line in _tail(log, begin).splitlines()]
    return next((line for line in reversed(lines) if line.startswith("error:")), last_line(log, begin))


def _tail(log: Path, begin: int) -> str:
    with open(log, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(begin, size - _LOOK_BACK))
        return file.read().decode(errors="replace")


def _stop_with_parent() -> None:
    """Ask the kernel to stop this process, softly, when the one that started it is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
