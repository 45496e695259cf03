"""What all suites of tests share; the modules lie in tests/support."""

import os

import pytest

pytest_plugins = ["cpu_time", "forks", "skips"]

# Two processes of tests with two threads each would wait for one another on two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

MOST_PROCESSES = 4


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process per core for the whole suite; none beside this one for a few files, which are soon done."""
    whole = not any(os.path.exists(word.partition("::")[0]) for word in config.invocation_params.args)
    return min(os.cpu_count() or 1, MOST_PROCESSES) if whole else 0
