"""A tiny data set, and processes to train on it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from . import tiny as tiny_module
from .runs import fit

HERE = Path(__file__).parent


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """The module `tiny.py`."""
    return tiny_module


@pytest.fixture(scope="session")
def data(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny set."""
    return tiny.make_set(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory, data: Path, tiny: ModuleType) -> Path:
    """A run of two steps, to be read only."""
    folder = tmp_path_factory.mktemp("begun") / "run"
    fit(tiny.experiment(data, folder, value=2))
    return folder


class ForkServer:
    """Starts jobs, any number at once, in milliseconds."""

    def __init__(self, log: Path) -> None:
        self.log = log
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        command = [sys.executable, str(HERE / "fork_server.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def warm_up(self) -> None:
        """Wait until torch is imported."""
        self.start([])
        self.wait()

    def start(self, jobs: list[dict[str, Any]]) -> list[int]:
        """Start processes; their numbers."""
        assert self.process.stdin is not None
        self.log.write_text("")
        self.process.stdin.write(json.dumps([{"log": str(self.log), **job} for job in jobs]).encode() + b"\n")
        self.process.stdin.flush()
        return self._answer()

    def wait(self) -> list[int]:
        """The exit codes of the processes of the last start, when all have ended."""
        return self._answer()

    def run(self, function: str, **arguments: Any) -> int:
        """Run one job to its end."""
        self.start([{"function": function, "arguments": arguments}])
        return self.wait()[0]

    def run_ranks(self, count: int, function: str, **arguments: Any) -> list[int]:
        """Run one job as several ranks that meet through a free port."""
        self.start_ranks(count, function, **arguments)
        return self.wait()

    def start_ranks(self, count: int, function: str, **arguments: Any) -> list[int]:
        """Start one job as several ranks."""
        common = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
        return self.start(
            [
                {
                    "function": function,
                    "arguments": arguments,
                    "environment": {**common, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                }
                for rank in range(count)
            ]
        )

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the fork server ended"
        return json.loads(line)

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def free_port() -> int:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """A fork server that has imported torch."""
    made = ForkServer(tmp_path_factory.mktemp("server") / "log.txt")
    yield made
    made.close()
