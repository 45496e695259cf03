"""A tiny data set, and processes to train on it."""

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


class Server:
    """Starts the functions of `jobs.py` in processes of their own, in milliseconds."""

    def __init__(self, forks: Any) -> None:
        self.forks = forks
        self.log: Path = forks.log

    def start(self, function: str, environment: dict[str, str] | None = None, **arguments: Any) -> int:
        """Start one job; its process number."""
        return self.forks.start([self._job(function, arguments, environment)])[0]

    def wait(self) -> int:
        """The exit code of the job that was started."""
        return self.forks.wait()[0]

    def run(self, function: str, **arguments: Any) -> int:
        """Run one job to its end."""
        self.start(function, **arguments)
        return self.wait()

    def run_ranks(self, count: int, function: str, **arguments: Any) -> list[int]:
        """Run one job as several ranks that meet through a free port."""
        self.forks.start_ranks(count, self._job(function, arguments))
        return self.forks.wait()

    def _job(
        self, function: str, arguments: dict[str, Any], environment: dict[str, str] | None = None
    ) -> dict[str, Any]:
        place = {"path": str(HERE), "module": "jobs", "function": function}
        return {**place, "arguments": arguments, "environment": environment or {}}


@pytest.fixture(scope="session")
def server(fork_server: Any) -> Server:
    """The fork server with this folder's jobs."""
    return Server(fork_server)
