"""Files that are cut short, emptied or gone: refused in words for a person, by every benchmark, and never skipped."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from spacenit_core.contracts.build import build
from spacenit_core.errors import SpaceNitError
from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs

from .written_sets import WRITTEN, of_real

BINARY = {".h5", ".hdf5", ".tif", ".npy", ".npz", ".parquet", ".geoparquet", ".tortilla", ".pt", ".pkl"}
REAL = ("worldcereal_points", "worldcereal_france")


def read_all(config: BenchmarkConfig) -> tuple[int, int, dict[str, object]]:
    """Open a benchmark and read all of it: how many samples there are, how many hold pixels, and what is said of it."""
    benchmark: Benchmark = build(config, ModelInputs(sensors=config.offers(), patch_size=1))
    benchmark.labels[np.arange(len(benchmark.labels))]
    held = [benchmark.holds(samples).any(axis=1) for _, samples in benchmark.samples()]
    return len(benchmark.labels), int(np.concatenate(held).sum()), benchmark.remarks()


def first_and_last(root: Path) -> Iterator[Path]:
    """Of the files of each kind in each folder the first and the last."""
    kinds: dict[tuple[Path, str], list[Path]] = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        kinds.setdefault((path.parent, path.suffix), []).append(path)
    for paths in kinds.values():
        yield from {paths[0], paths[-1]}


def check(config: BenchmarkConfig, root: Path) -> None:
    whole = read_all(config)
    for path in first_and_last(root):
        content = path.read_bytes()
        for kind, damaged in (("cut", content[: len(content) // 2]), ("empty", b""), ("gone", None)):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            try:
                found = read_all(config)
            except SpaceNitError as error:
                assert error.message and error.hint, path
            else:
                # Publishers leave files out, and reports say so.
                assert found[:2] == whole[:2] or found[2] != whole[2], f"{path.name}, {kind}: samples were skipped"
                assert kind == "gone" or path.suffix not in BINARY, f"{path.name}, {kind}: read as if nothing was"
            path.write_bytes(content)
    assert read_all(config) == whole


@pytest.mark.parametrize("name", WRITTEN)
def test_damaged_files_are_refused(name: str, tmp_path: Path) -> None:
    check(WRITTEN[name](tmp_path), tmp_path)


@pytest.mark.parametrize("name", REAL)
def test_damaged_tables_are_refused(name: str, tmp_path: Path, real_evals: Path) -> None:
    check(of_real(name, real_evals, tmp_path), tmp_path)
