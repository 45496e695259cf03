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

from attrs import frozen

EXCHANGE = "SPACENIT_EXCHANGE"
"""Environment variable: the folder in which the ranks of one machine leave their numbers and how it ended."""


@frozen(kw_only=True)
class Processes:
    """How many processes, and where; the meaning of torchrun's own options.

    Attributes:
        nproc_per_node: on this machine.
        nnodes: machines.
        node_rank: this machine among them, from 0.
        master_addr: address of machine 0.
        master_port: free port of machine 0.
    """

    nproc_per_node: int = 1
    nnodes: int = 1
    node_rank: int = 0
    master_addr: str = "127.0.0.1"
    master_port: int = 29500

    @property
    def count(self) -> int:
        """Processes on all machines."""
        return self.nproc_per_node * self.nnodes

    def command(self, arguments: Sequence[str]) -> list[str]:
        """The torchrun command for some words of the `spacenit-run` command line."""
        meeting = ["--standalone"]
        if self.nnodes > 1:
            meeting = [
                f"--nnodes={self.nnodes}",
                f"--node_rank={self.node_rank}",
                f"--master_addr={self.master_addr}",
                f"--master_port={self.master_port}",
            ]
        torchrun = [sys.executable, "-m", "torch.distributed.run", *meeting, f"--nproc_per_node={self.nproc_per_node}"]
        return [*torchrun, "-m", "spacenit_core", *arguments]


def is_rank() -> bool:
    """Whether torchrun started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def launch(processes: Processes, arguments: Sequence[str]) -> int:
    """Run a command line in several processes.

    Signals go to the ranks, past torchrun, which would give them 30 seconds to end: they finish their step and save,
    however long that takes. The second signal ends everything at once.

    Args:
        processes: how many.
        arguments: words after `spacenit-run`, without the options that `processes` holds.

    Returns:
        The exit code of the ranks.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = str(max(1, cores // processes.nproc_per_node))
    with tempfile.TemporaryDirectory(prefix="spacenit-") as exchange:
        environment = {"OMP_NUM_THREADS": threads, **os.environ, EXCHANGE: exchange}
        # A session of its own, so that Ctrl-C reaches this process alone, which passes it on.
        child = subprocess.Popen(processes.command(arguments), env=environment, start_new_session=True)
        handler = _Forward(child, Path(exchange))
        before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
        try:
            code = child.wait()
        finally:
            _end_group(child.pid)
            for number, previous in before.items():
                signal.signal(number, previous)
        return _exit_code(Path(exchange), code)


class _Forward:
    """Passes the first signal on to the ranks and ends them at the second, or where none has come up yet."""

    def __init__(self, child: "subprocess.Popen[bytes]", exchange: Path) -> None:
        self.child, self.exchange, self.stopping = child, exchange, False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        ranks = [int(path.suffix[1:]) for path in self.exchange.glob("rank.*")]
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
    """Let the process that launched this rank know where to send signals."""
    if folder := os.environ.get(EXCHANGE):
        (Path(folder) / f"rank.{os.getpid()}").touch()


def leave_exit_code(code: int) -> int:
    """What a rank returns: 0 where the launching process reads the code itself, because torchrun has only one of its own.

    Args:
        code: the run's exit code, the same on all ranks.
    """
    folder = os.environ.get(EXCHANGE)
    if folder is None:
        return code
    if os.environ.get("LOCAL_RANK") == "0":
        (Path(folder) / "exit_code").write_text(str(code))
    return 0
