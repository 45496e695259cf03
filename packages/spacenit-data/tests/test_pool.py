"""Work in processes keeps its order, and its failures reach the caller."""

import math
import operator
import os

import pytest

from spacenit_core.errors import DataError
from spacenit_data import pool


@pytest.fixture(autouse=True)
def small_work_in_processes(monkeypatch) -> None:
    monkeypatch.setattr(pool, "ITEMS_PER_WORKER", 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers):
    assert list(pool.ordered_map(operator.neg, range(50), workers=workers)) == [-number for number in range(50)]


@pytest.mark.parametrize("workers", [1, 2])
def test_failures_reach_the_caller_after_what_came_before(workers):
    results = pool.ordered_map(math.sqrt, [4.0, 9.0, -1.0, 16.0], workers=workers)
    assert [next(results), next(results)] == [2.0, 3.0]
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        next(results)


def test_a_killed_worker_is_reported():
    with pytest.raises(DataError, match="worker process was killed"):
        list(pool.ordered_map(os._exit, [1, 1, 1, 1], workers=2))


def test_little_work_stays_in_this_process(monkeypatch):
    monkeypatch.setattr(pool, "ITEMS_PER_WORKER", 64)
    assert set(pool.ordered_map(lambda _: os.getpid(), range(127), workers=8)) == {os.getpid()}
