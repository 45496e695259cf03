"""What tests read or convert, and what should be found in it: H5 sets, ours and OlmoEarth's, and raw tiles."""

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest

from .goldens import raw_world

SIZE = 24
STEPS = 12
SHAPES = {  # pixels per cell, bands, has time, has a grid, data type
    "sentinel2_l2a": (1, 12, True, True, np.uint16),
    "sentinel1": (1, 2, True, True, np.float32),
    "srtm": (1, 1, False, True, np.int16),
    "worldcover": (1, 1, False, True, np.uint8),
    "naip_10": (4, 4, False, True, np.uint8),
    "era5_10": (1, 6, True, False, np.float32),
}


def make_sample(number: int, *, lacking: tuple[str, ...] = (), masked: bool = True) -> dict[str, Any]:
    """The arrays of one sample, whole series [.., 12, C], and the steps that each series has."""
    rng = np.random.default_rng([7, number])
    bands, present = {}, {}
    for name, (k, count, temporal, spatial, dtype) in SHAPES.items():
        if name in lacking:
            continue
        shape = (*((SIZE * k, SIZE * k) if spatial else ()), *((STEPS if temporal else 1),), count)
        if name == "worldcover":
            values = rng.choice([10, 20, 30, 80, 7], shape)
        else:
            values = rng.normal(0, 5, shape) if np.dtype(dtype).kind == "f" else rng.integers(0, 200, shape)
        bands[name] = values.astype(dtype)
        if temporal and spatial:
            present[name] = rng.random(STEPS) < 0.6 if masked else np.ones(STEPS, bool)
            present[name][int(rng.integers(STEPS))] = True
    timestamps = np.stack([np.arange(1, 13), np.arange(12), np.full(12, 2016 + number)], axis=1)
    latlon = np.array([number, -number], np.float32)
    return {"bands": bands, "present": present, "timestamps": timestamps, "latlon": latlon}


def write_sample(path: Path, sample: dict[str, Any], layout: str) -> None:
    """Write a sample: "ours" (small checksummed chunks), "peer" (whole zstd chunks) or "plain" (no masks, no codec)."""
    with h5py.File(path, "w", libver=("v110", "v110") if layout == "ours" else "earliest") as file:

        def put(name: str, values: np.ndarray) -> None:
            options: dict[str, Any] = {}
            if layout == "ours":
                options = {"chunks": tuple(min(side, 10) for side in values.shape), "fletcher32": True}
            if layout == "peer" or (layout == "ours" and values.ndim == 4):
                options = {"chunks": values.shape, **options, **hdf5plugin.Zstd(clevel=3)}
            file.create_dataset(name, data=values, **options)

        put("timestamps", sample["timestamps"].astype(np.int32 if layout == "ours" else np.int64))
        put("latlon", sample["latlon"])
        for name, values in sample["bands"].items():
            if name in sample["present"]:
                values = values[..., sample["present"][name], :]
            put(name, values[:, :, 0] if layout == "plain" and name == "srtm" else values)
        if layout != "plain":
            for name, mask in sample["present"].items():
                put(f"missing_timesteps_masks/{name}", mask)


def write_index(folder: Path, samples: dict[int, dict[str, Any]]) -> None:
    """Write the metadata files of a set."""
    rows = [["sample_index", *SHAPES]]
    rows += [[str(number), *(str(int(name in s["bands"])) for name in SHAPES)] for number, s in samples.items()]
    (folder / "sample_metadata.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    np.save(folder / "latlon_distribution.npy", np.array([[n, -n] for n in range(max(samples) + 1)], float))


@pytest.fixture
def make_set(tmp_path: Path) -> Callable[..., tuple[Path, dict[int, dict[str, Any]]]]:
    """Makes a set of n samples in one layout and returns its folder and samples; every third lacks Sentinel-1."""

    def make(count: int = 6, layout: str = "ours", name: str = "set") -> tuple[Path, dict[int, dict[str, Any]]]:
        folder = tmp_path / name
        folder.mkdir()
        samples = {}
        for number in range(count):
            lacking = ("sentinel1",) if number % 3 == 1 else ()
            samples[number] = make_sample(number, lacking=lacking, masked=layout != "plain")
            write_sample(folder / f"sample_{number}.h5", samples[number], layout)
        write_index(folder, samples)
        return folder, samples

    return make


@pytest.fixture
def h5_writers() -> tuple[Callable[..., dict[str, Any]], Callable[..., None], Callable[..., None]]:
    """The functions `make_sample`, `write_sample` and `write_index` above."""
    return make_sample, write_sample, write_index


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The raw data set, and what its files hold."""
    root = tmp_path_factory.mktemp("raw")
    return root, raw_world.build(root)


@pytest.fixture
def raw(world: tuple[Path, dict], tmp_path: Path) -> Path:
    """A copy of the raw data set that a test may damage."""
    return Path(shutil.copytree(world[0], tmp_path / "raw", copy_function=os.link))


POLICY = '''
"""A masking policy for tests: a coin per token."""
import numpy as np

def coin(layout, missing, draws):
    out = np.where(draws.uniform(len(layout)) < 0.5, 0, 2).astype(np.uint8)
    out[missing] = 3
    return out
'''


@pytest.fixture
def coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A policy in a module of its own, which spawned workers can import."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "coin_policy.py").write_text(POLICY)
    monkeypatch.syspath_prepend(str(tmp_path / "policies"))
    yield importlib.import_module("coin_policy").coin
    sys.modules.pop("coin_policy")
