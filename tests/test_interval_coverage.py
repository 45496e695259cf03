"""The simulation of `benchmarks/interval_coverage.py` on a few test sets per case."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "interval_coverage.py"


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("interval_coverage", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("metric", "gathered", "blocks", "least"),
    [
        ("accuracy", False, 5, 0.90),
        ("balanced accuracy", False, 6, 0.90),
        ("balanced accuracy", True, 8, 0.92),
        ("balanced accuracy", True, 15, 0.92),
    ],
)
def test_intervals_hold_the_truth(
    simulation: ModuleType, metric: str, gathered: bool, blocks: int, least: float
) -> None:
    held = simulation.coverage(simulation.ours, metric, gathered, blocks, repetitions=200)
    assert all(least <= share <= 1.0 for share in held)


def test_percentiles_of_resampled_blocks_would_not(simulation: ModuleType) -> None:
    """So that the simulation can tell intervals that are too narrow."""
    held = simulation.coverage(simulation.percentiles, "balanced accuracy", True, 6, repetitions=100)
    assert max(held) < 0.9
