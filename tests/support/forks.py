"""Processes of their own for tests, started in milliseconds by a process that has imported torch."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("fork_server.py")


class ForkServer:
    """Starts jobs, any number at once; `log` holds what the latest ones said."""

    def __init__(self, log: Path) -> None:
        self.log = log
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        command = [sys.executable, str(SCRIPT)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def warm_up(self) -> None:
        """Wait until torch is imported."""
        self.start([])
        self.wait()

    def start(self, jobs: list[dict[str, Any]]) -> list[int]:
        """Start processes, described as in `fork_server.py`; their numbers."""
        assert self.process.stdin is not None
        self.log.write_text("")
        self.process.stdin.write(json.dumps([{"log": str(self.log), **job} for job in jobs]).encode() + b"\n")
        self.process.stdin.flush()
        return self._answer()

    def start_command(self, words: Sequence[str], ranks: int = 1, limit: str = "", **environment: str) -> list[int]:
        """Start `spacenit-run` with these words, as one process or as several ranks; their numbers.

        `limit` holds Python statements that run before, to take something away from the process.
        """
        job: dict[str, Any] = {"module": "command", "function": "spacenit_run", "path": str(SCRIPT.parent)}
        job |= {"arguments": {"words": list(words), "limit": limit}, "environment": environment}
        return self.start([job]) if ranks == 1 else self.start_ranks(ranks, job)

    def start_ranks(self, count: int, job: dict[str, Any]) -> list[int]:
        """Start one job as several ranks that meet through a free port."""
        common = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
        ranks = [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]
        return self.start([{**job, "environment": {**job.get("environment", {}), **rank}} for rank in ranks])

    def wait(self) -> list[int]:
        """The exit codes of the processes of the last start, when all have ended."""
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the fork server ended"
        return json.loads(line)

    def close(self) -> None:
        """End the server."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """A fork server that has imported torch and what training needs."""
    made = ForkServer(tmp_path_factory.mktemp("forks") / "log.txt")
    yield made
    made.close()
