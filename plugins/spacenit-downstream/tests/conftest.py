"""A tiny set to train on, and a folder of images to evaluate on."""

from pathlib import Path
from typing import Any

import pytest
import torch
from small_set import write_set

from .runs import write_images

HERE = Path(__file__).parent


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of three classes, with a table that divides them."""
    return write_images(tmp_path_factory.mktemp("images"))


@pytest.fixture
def trained_by_ranks(fork_server: Any) -> Any:
    """Trains as several ranks, see `runs.train`; the exit codes."""

    def run(count: int, **arguments: Any) -> list[int]:
        job = {"path": str(HERE), "module": "runs", "function": "train", "arguments": arguments}
        fork_server.start_ranks(count, job)
        codes: list[int] = fork_server.wait()
        return codes

    return run
