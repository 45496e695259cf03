"""Starting several processes: `spacenit-run train ... --nproc_per_node=4` runs torchrun on itself."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from spacenit_core.cli.saying import say
from spacenit_train.distributed.rank_environment import started_as
from spacenit_train.trainer.signals import EXIT_AGAIN

EXCHANGE = "SPACENIT_EXCHANGE"
"""Environment variable: the folder in which the ranks of one machine leave their numbers and how it ended."""


def is_rank() -> bool:
    """Whether torchrun started this process.

    Raises:
        UserError: where the environment says half of it.
    """
    return started_as() is not None


def command(options: Sequence[str], words: Sequence[str]) -> list[str]:
    """The torchrun command for some words of the `spacenit-run` command line."""
    several_machines = any(option.startswith("--nnodes=") for option in options)
    meeting = [] if several_machines else ["--standalone"]
    return [sys.executable, "-m", "torch.distributed.run", *meeting, *options, "-m", "spacenit_core", *words]


def launch(options: Sequence[str], words: Sequence[str]) -> int:
    """Run a command line in several processes.

    Signals go to the ranks, past torchrun, which would give them 30 seconds to end: they finish their step and save,
    however long that takes. The second signal ends everything at once.

    Args:
        options: torchrun's options: how many processes, and where.
        words: the words after `spacenit-run`, without those options.

    Returns:
        The exit code of the ranks.
    """
    with tempfile.TemporaryDirectory(prefix="spacenit-") as exchange:
        # Without it every rank prints torch's advice not to look for unused parameters, which absent sensors leave.
        quiet = {"OMP_NUM_THREADS": _threads(options), "TORCH_CPP_LOG_LEVEL": "ERROR"}
        environment = {**quiet, **os.environ, EXCHANGE: exchange}
        # A session of its own, so that Ctrl-C reaches this process alone, which passes it on.
        child = subprocess.Popen(command(options, words), env=environment, start_new_session=True)
        handler = _Forward(child, Path(exchange))
        before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
        try:
            code = child.wait()
        finally:
            _end_group(child.pid)
            for number, previous in before.items():
                signal.signal(number, previous)
        if handler.too_early:
            say("stopped before the run began; give the same command again", err=True)
            return EXIT_AGAIN
        return _exit_code(Path(exchange), code)


def _threads(options: Sequence[str]) -> str:
    """Threads of one process on the CPU: its share of the cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = next(
        (value for name, _, value in (option.partition("=") for option in options) if name == "--nproc_per_node"), "1"
    )
    return str(max(1, cores // int(count))) if count.isdecimal() else "1"


class _Forward:
    """Passes the first signal on to the ranks and ends everything at the second, or where no rank has come up yet."""

    def __init__(self, child: "subprocess.Popen[bytes]", exchange: Path) -> None:
        self.child, self.exchange = child, exchange
        self.stopping = self.too_early = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        ranks = [int(path.suffix[1:]) for path in self.exchange.glob("rank.*")]
        self.too_early = self.too_early or not ranks
        if self.stopping or not ranks:
            for group in (self.child.pid, *ranks):
                _end_group(group)
        else:
            for rank in ranks:
                os.kill(rank, signal.SIGTERM)
        self.stopping = True


def _end_group(leader: int) -> None:
    # torchrun and each rank lead a process group of their own.
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _exit_code(exchange: Path, torchrun: int) -> int:
    ended = exchange / "exit_code"
    if torchrun == 0 and ended.exists():
        return int(ended.read_text())
    return 128 - torchrun if torchrun < 0 else torchrun


def register_rank() -> None:
    """Let the process that launched this rank know where to send signals; end with it where it has been stopped."""
    if folder := os.environ.get(EXCHANGE):
        try:
            (Path(folder) / f"rank.{os.getpid()}").touch()
        except FileNotFoundError:
            os._exit(EXIT_AGAIN)


def end_rank(code: int) -> NoReturn:
    """End this rank.

    Where a launching process reads the exit code from a file, torchrun is told that all is well: it has only one code
    for everything, and many words.

    Args:
        code: the run's exit code, the same on all ranks.
    """
    if folder := os.environ.get(EXCHANGE):
        if os.environ.get("LOCAL_RANK") == "0":
            (Path(folder) / "exit_code").write_text(str(code))
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    # Without the interpreter's own way out, in which threads of torch's process groups now and then abort.
    os._exit(code)
