"""Files that are cut short, emptied or gone: refused in words for a person, by every benchmark, and never skipped."""

import re
from pathlib import Path

import numpy as np
import pytest

from spacenit_core.contracts.build import build
from spacenit_core.errors import SpaceNitError
from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs

from .written_sets import WRITTEN, of_real

BINARY = {".h5", ".hdf5", ".tif", ".npy", ".npz", ".parquet", ".geoparquet", ".tortilla", ".pt", ".pkl"}
REAL = ("terramesh", "worldcereal_points", "worldcereal_france")


def read_all(config: BenchmarkConfig) -> tuple[int, int, dict[str, object]]:
    """Open a benchmark and read all of it: how many samples there are, how many hold pixels, and what is said of it."""
    benchmark: Benchmark = build(config, ModelInputs(sensors=config.offers(), patch_size=1))
    benchmark.labels[np.arange(len(benchmark.labels))]
    held = [benchmark.holds(samples).any(axis=1) for _, samples in benchmark.samples()]
    return len(benchmark.labels), int(np.concatenate(held).sum()), benchmark.remarks()


def one_of_each(root: Path) -> list[Path]:
    """The last file of each kind: of one place below the folder, and one name but for its numbers."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    kinds = {(len(path.relative_to(root).parts), re.sub(r"\d+", "", path.name)): path for path in paths}
    return list(kinds.values())


def check(config: BenchmarkConfig, root: Path) -> None:
    whole = read_all(config)
    for path in one_of_each(root):
        content = path.read_bytes()
        path.unlink()
        # What is as good without a file does not read it.
        without = outcome(config, path)
        assert_told(without, whole, path)
        if without != whole:
            # A table may end at any row, and the version tells it from the whole one; without a row it is none.
            path.write_bytes(content[: len(content) // 2] if path.suffix in BINARY else b"")
            assert outcome(config, path) is None, f"{path.name} is damaged, and read as if whole"
        path.write_bytes(content)
    assert read_all(config) == whole


def outcome(config: BenchmarkConfig, path: Path) -> tuple[int, int, dict[str, object]] | None:
    """What is read of a benchmark; None where it is refused in words for a person."""
    try:
        return read_all(config)
    except SpaceNitError as error:
        assert error.message and error.hint, path
        return None


def assert_told(found: tuple[int, int, dict[str, object]] | None, whole: tuple[object, ...], path: Path) -> None:
    """Publishers leave files out, and then reports say so."""
    if found is not None and found[:2] != whole[:2]:
        assert found[2] != whole[2], f"without {path.name}, samples were skipped"


@pytest.mark.parametrize("name", WRITTEN)
def test_damaged_files_are_refused(name: str, tmp_path: Path) -> None:
    check(WRITTEN[name](tmp_path), tmp_path)


@pytest.mark.parametrize("name", REAL)
def test_damaged_tables_are_refused(name: str, tmp_path: Path, real_evals: Path) -> None:
    check(of_real(name, real_evals, tmp_path), tmp_path)
