"""How to cut the arrays of a sample into chunks: time to read a training window, and size, per layout (ADR 0003).

    python benchmarks/h5_chunks.py SET_FOLDER [--samples 24] [--rounds 3]

Rewrites the first samples of a set once per layout and reads the same random windows from each, the layouts in turn.
Windows follow the official loader: patch size 1-8, 1-12 patches, as many steps as a budget of 2,250 tokens allows.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

SERIES_TOKENS, STATIC_TOKENS, BUDGET, MAX_STEPS = 6, 6, 2250, 12
Shape = tuple[int, ...]


def layout(cells: int, steps: int, static_cells: int) -> Callable[[Shape], Shape]:
    """Chunks of cells x cells x steps for series and static_cells x static_cells for maps."""

    def chunks(shape: Shape) -> Shape:
        side = cells if shape[2] > 1 else static_cells
        return min(side, shape[0]), min(side, shape[1]), min(steps, shape[2]), shape[3]

    return chunks


UNCHECKED = "32 x 32 x 4, no checksum"
LAYOUTS = {
    "whole arrays": layout(128, 12, 128),
    "64 x 64 x T": layout(64, 12, 64),
    "32 x 32 x T": layout(32, 12, 32),
    "16 x 16 x T": layout(16, 12, 16),
    "64 x 64 x 4": layout(64, 4, 64),
    "32 x 32 x 6": layout(32, 6, 32),
    "32 x 32 x 4": layout(32, 4, 32),
    "32 x 32 x 3": layout(32, 3, 32),
    "32 x 32 x 2": layout(32, 2, 32),
    "32 x 32 x 1": layout(32, 1, 32),
    "16 x 16 x 4": layout(16, 4, 16),
    UNCHECKED: layout(32, 4, 32),
    "32 x 32 x 4, maps 64": layout(32, 4, 64),
    "32 x 32 x 4, maps whole": layout(32, 4, 128),
}


def rewrite(source: Path, target: Path, chunks: Callable[[Shape], Shape], checksum: bool) -> None:
    """Copy the arrays of one sample into another layout."""
    with h5py.File(source) as old, h5py.File(target, "w", libver=("v110", "v110")) as new:
        for name, values in old.items():
            if isinstance(values, h5py.Dataset) and values.ndim == 4:
                new.create_dataset(
                    name, data=values[:], chunks=chunks(values.shape), fletcher32=checksum, **hdf5plugin.Zstd(clevel=3)
                )


def windows(count: int, samples: int, side: int) -> list[tuple[int, int, int, int, int, int]]:
    """Random windows: sample, row, column, cells, start, steps."""
    rng, drawn = np.random.default_rng(0), []
    for _ in range(count):
        patch, rows = rng.integers(1, 9), rng.integers(1, 13)
        cells = int(patch * rows)
        steps = int(min((BUDGET - rows**2 * STATIC_TOKENS) // (rows**2 * SERIES_TOKENS), MAX_STEPS))
        row, column = (int(rng.integers(side - cells + 1)) for _ in range(2))
        drawn.append((int(rng.integers(samples)), row, column, cells, int(rng.integers(MAX_STEPS - steps + 1)), steps))
    return drawn


def read(folder: Path, drawn: list[tuple[int, int, int, int, int, int]]) -> float:
    """Milliseconds per window."""
    start = time.perf_counter()
    for sample, row, column, cells, first, steps in drawn:
        with h5py.File(folder / f"{sample}.h5") as file:
            for values in file.values():
                time_slice = slice(first, first + steps) if values.shape[2] > 1 else slice(None)
                values[row : row + cells, column : column + cells, time_slice]
    return (time.perf_counter() - start) / len(drawn) * 1e3


def main() -> None:
    """Print one row per layout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder with sample_0.h5 ...")
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--windows", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for number, (name, chunks) in enumerate(LAYOUTS.items()):
            (Path(temporary) / str(number)).mkdir()
            for sample in range(options.samples):
                source, target = options.folder / f"sample_{sample}.h5", Path(temporary) / str(number) / f"{sample}.h5"
                rewrite(source, target, chunks, checksum=name != UNCHECKED)
        drawn = windows(options.windows, options.samples, 128)
        times = [[read(Path(temporary) / str(n), drawn) for n in range(len(LAYOUTS))] for _ in range(options.rounds)]
        sizes = [sum(file.stat().st_size for file in (Path(temporary) / str(n)).iterdir()) for n in range(len(LAYOUTS))]
    print(f"{'layout':26} {'ms/window':>10} {'MB/sample':>10}")
    for number, name in enumerate(LAYOUTS):
        median = statistics.median(round_[number] for round_ in times)
        print(f"{name:26} {median:10.2f} {sizes[number] / options.samples / 1e6:10.2f}")


if __name__ == "__main__":
    main()
