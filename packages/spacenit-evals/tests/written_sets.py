"""Every set that can be written here, ready to be opened."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio

from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig

from .breizhcrops_files import write_breizhcrops
from .cropharvest_files import write_cropharvest
from .geobench_files import write_set
from .geobench_v2_sets import SETS
from .tortilla_files import write_parts
from .treesat_files import write_treesat

Writer = Callable[[Path], BenchmarkConfig]


def config(name: str, folder: Path, **settings: object) -> BenchmarkConfig:
    """The benchmark of a folder."""
    return BENCHMARKS.get(name)(folder=folder, **settings)


def _m_eurosat(root: Path) -> BenchmarkConfig:
    write_set(root, "m-eurosat", {"train": [0, 1] * 2, "valid": [0, 1], "test": [0, 1]}, classes=("one", "other"))
    return config("m_eurosat", root)


def _version_2(slug: str) -> Writer:
    def write(root: Path) -> BenchmarkConfig:
        write_parts(root, slug, [SETS[slug](number) for number in range(6)])
        return config(f"gb2_{slug}", root)

    return write


def _folder(root: Path) -> BenchmarkConfig:
    profile = {"driver": "GTiff", "width": 8, "height": 8, "count": 2, "dtype": "float32", "crs": "EPSG:32633"}
    grid = rasterio.Affine(10.0, 0.0, 500_000.0, 0.0, -10.0, 5_200_000.0)
    lines = ["file,label,split"]
    for number in range(8):
        with rasterio.open(root / f"{number}.tif", "w", **profile, transform=grid) as file:
            file.write(np.random.default_rng(number).normal(-12, 1, (2, 8, 8)).astype(np.float32))
            file.descriptions = ("vv", "vh")
        lines.append(f"{number}.tif,{'wet' if number % 2 else 'dry'},{'train' if number < 4 else 'test'}")
    (root / "labels.csv").write_text("\n".join(lines))
    return config("folder", root, sensor="sentinel1")


def _presto(root: Path) -> BenchmarkConfig:
    rng, points = np.random.default_rng(0), 12
    parts = {
        "target": rng.uniform(50, 200, points),
        "is_test": (np.arange(points) >= 9).astype(np.int64),
        "latlon": rng.uniform(30, 45, (points, 2)),
        "month": np.tile([10, 11, 0], (points, 1)),
        "s1_s2_era5_srtm": rng.uniform(200, 3000, (points, 3, 18)),
        "site": np.array([f"site {number // 3}" for number in range(points)]),
    }
    for name, values in parts.items():
        np.save(root / f"{name}.npy", values)
    return config("presto_fuel_moisture", root)


WRITTEN: dict[str, Writer] = {
    "breizhcrops": lambda root: config("breizhcrops", write_breizhcrops(root)),
    "cropharvest": lambda root: config("cropharvest", write_cropharvest(root)),
    "folder": _folder,
    "gb2_benv2": _version_2("benv2"),
    "gb2_caffe": _version_2("caffe"),
    "gb2_pastis": _version_2("pastis"),
    "m_eurosat": _m_eurosat,
    "presto_fuel_moisture": _presto,
    "treesatai_ts": lambda root: config("treesatai_ts", write_treesat(root)),
}
"""Benchmark -> what writes its files into an empty folder."""


def of_real(name: str, evals: Path, root: Path) -> BenchmarkConfig:
    """The real files of a benchmark, copied."""
    for path in (evals / name).iterdir():
        shutil.copy(path, root)
    return config(name, root)
