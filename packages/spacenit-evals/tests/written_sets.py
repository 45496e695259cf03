"""Every set that can be written here, ready to be opened."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import rasterio

from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig

from . import fifty_cities_files, mados_files, pastis_files, sen1floods11_files
from .breizhcrops_files import write_breizhcrops
from .cropharvest_files import write_cropharvest
from .geobench_files import write_set
from .geobench_v1_sets import write_layout
from .geobench_v2_sets import SETS
from .presto_files import write_fuel_moisture
from .rslearn_files import write_awf
from .sickle_files import write_sickle
from .tortilla_files import write_parts
from .treesat_files import write_treesat

Writer = Callable[[Path], BenchmarkConfig]


def config(name: str, folder: Path, **settings: object) -> BenchmarkConfig:
    """The benchmark of a folder."""
    return BENCHMARKS.get(name)(folder=folder, **settings)


def _m_eurosat(root: Path) -> BenchmarkConfig:
    write_set(root, "m-eurosat", {"train": [0, 1] * 2, "valid": [0, 1], "test": [0, 1]}, classes=("one", "other"))
    return config("m_eurosat", root)


def _version_1(name: str, entry: str) -> Writer:
    def write(root: Path) -> BenchmarkConfig:
        write_layout(root, name)
        return config(entry, root)

    return write


def _version_2(slug: str) -> Writer:
    def write(root: Path) -> BenchmarkConfig:
        write_parts(root, slug, [SETS[slug](number) for number in range(6)])
        return config(f"gb2_{slug}", root)

    return write


def _awf(root: Path) -> BenchmarkConfig:
    write_awf(root)
    return config("awf", root)


def _cities(root: Path) -> BenchmarkConfig:
    fifty_cities_files.write_cities(root)
    return config("fifty_cities", root)


def _mados(root: Path) -> BenchmarkConfig:
    mados_files.write_scenes(root)
    return config("mados", root)


def _patches(root: Path) -> BenchmarkConfig:
    pastis_files.write_patches(root)
    return config("pastis_sentinel2", root)


def _chips(root: Path) -> BenchmarkConfig:
    sen1floods11_files.write_chips(root)
    return config("sen1floods11", root)


def _tensors(name: str, raw: Callable[[Path], Any], made: Callable[[Path, Any], None]) -> Writer:
    """What OlmoEarth makes of a set, without the set."""

    def write(root: Path) -> BenchmarkConfig:
        with TemporaryDirectory() as folder:
            made(root, raw(Path(folder)))
        return config(name, root)

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
    return config("presto_fuel_moisture", write_fuel_moisture(root))


WRITTEN: dict[str, Writer] = {
    "awf": _awf,
    "breizhcrops": lambda root: config("breizhcrops", write_breizhcrops(root)),
    "cropharvest": lambda root: config("cropharvest", write_cropharvest(root)),
    "fifty_cities": _cities,
    "fifty_cities tiles": _tensors("fifty_cities", fifty_cities_files.write_cities, fifty_cities_files.write_tiles),
    "folder": _folder,
    "gb2_benv2": _version_2("benv2"),
    "gb2_caffe": _version_2("caffe"),
    "gb2_pastis": _version_2("pastis"),
    "m_bigearthnet": _version_1("m-bigearthnet", "m_bigearthnet"),
    "m_eurosat": _m_eurosat,
    "m_forestnet": _version_1("m-forestnet", "m_forestnet"),
    "m_sa_crop_type": _version_1("m-SA-crop-type", "m_sa_crop_type"),
    "mados": _mados,
    "mados tensors": _tensors("mados", mados_files.write_scenes, mados_files.write_tensors),
    "pastis_sentinel2": _patches,
    "pastis_sentinel2 tensors": _tensors("pastis_sentinel2", pastis_files.write_patches, pastis_files.write_tensors),
    "presto_fuel_moisture": _presto,
    "sen1floods11": _chips,
    "sen1floods11 tensors": _tensors("sen1floods11", sen1floods11_files.write_chips, sen1floods11_files.write_tensors),
    "sickle": lambda root: config("sickle", write_sickle(root)),
    "treesatai_ts": lambda root: config("treesatai_ts", write_treesat(root)),
}
"""Benchmark -> what writes its files into an empty folder."""


REAL = {"terramesh": "terramesh_examples"}
"""Benchmarks whose real files are called otherwise."""


def of_real(name: str, evals: Path, root: Path) -> BenchmarkConfig:
    """The real files of a benchmark, copied."""
    shutil.copytree(evals / REAL.get(name, name), root, dirs_exist_ok=True)
    return config(name, root)
