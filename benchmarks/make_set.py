"""Make an H5 set of noise that has the shapes and about the compression of real samples.

    python benchmarks/make_set.py FOLDER [--samples 64]

Samples of 128 x 128 cells with 12 months of all sensors of the v1 recipes. Prints the set's folder.
"""

import argparse
from pathlib import Path

import numpy as np

from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.h5.writer import H5SetWriter, SampleArrays

CELLS, STEPS = 128, 12


def values_of(spec: SensorSpec, draws: np.random.Generator) -> np.ndarray:
    """Noise that changes from one month to the next, on a relief that does not."""
    shape = spec.shape(CELLS, CELLS, STEPS)
    coarse = draws.integers(200, 3000, (shape[0] // 8, shape[1] // 8, 1, 1))
    relief = np.kron(coarse, np.ones((8, 8, 1, 1), int))
    if spec.temporal:
        return (relief + draws.integers(0, 200, shape)).astype(np.float32 if spec.name == "sentinel1" else np.uint16)
    return np.broadcast_to(relief % 100, shape).astype(np.uint8)


def make_set(folder: Path, samples: int) -> Path:
    """Write a set below a folder; the set's own."""
    sensors = [spec for spec in RECIPES.get("nano")().sensor_set if spec.spatial and spec.derived is None]
    writer = H5SetWriter(folder, [spec.name for spec in sensors], count=samples, tile_size=CELLS)
    timestamps = np.array([[1, month, 2020] for month in range(STEPS)])
    for index in range(samples):
        draws = np.random.default_rng(index)
        bands = {spec.name: values_of(spec, draws) for spec in sensors}
        present = {spec.name: np.ones(STEPS, bool) for spec in sensors if spec.temporal}
        latlon = np.array([50, index / 100], np.float32)
        writer.write(index, SampleArrays(bands=bands, present=present, timestamps=timestamps, latlon=latlon))
    return writer.finish()


def main() -> None:
    """Make it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--samples", type=int, default=64)
    options = parser.parse_args()
    print(make_set(options.folder, options.samples))


if __name__ == "__main__":
    main()
