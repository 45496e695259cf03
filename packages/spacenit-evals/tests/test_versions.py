"""A set's version is that of its pixels too: finished evaluations are found again by it."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio

from spacenit_core.contracts.build import build
from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_core.samples.model_inputs import ModelInputs

from .breizhcrops_files import write_breizhcrops
from .cropharvest_files import write_export, write_labels
from .geobench_files import write_set
from .geobench_v2_sets import SETS
from .sickle_files import write_sickle
from .tortilla_files import write_parts
from .treesat_files import write_treesat

SIDES = {"train": [0, 1, 2] * 2, "valid": [0, 1, 2], "test": [0, 1, 2] * 2}


def images(root: Path) -> None:
    lines = ["file,label,split"]
    for number in range(4):
        profile = {"driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "uint16"}
        profile["transform"] = rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)
        with rasterio.open(root / f"{number}.tif", "w", **profile) as file:
            file.write(np.full((1, 4, 4), 200, np.uint16))
            file.descriptions = ("B02",)
        lines.append(f"{number}.tif,{'ab'[number % 2]},{('train', 'test')[number // 2]}")
    (root / "labels.csv").write_text("\n".join(lines))


def exports(root: Path) -> None:
    for index in range(8):
        write_export(root / f"{index}-togo_2019-02-06_2020-02-01.tif", 7.0 + index, 1.0, 5.0)
    write_labels(root, [{"index": index, "is_crop": index % 2, "lat": 7.0 + index, "lon": 1.0} for index in range(8)])


def change_raster(path: Path) -> None:
    with rasterio.open(path, "r+") as file:
        names, pixels = file.descriptions, file.read(1)
        file.write(pixels + 100, 1)
        file.descriptions = names


def change_arrays(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        for array in file.values():
            array = array[next(iter(array))] if isinstance(array, h5py.Group) else array
            if array.dtype.kind in "iuf":
                array[...] = array[...] + 1


def change_numpy(path: Path) -> None:
    with np.load(path) as stored:
        bands = {name: stored[name] + 1 for name in stored.files}
    np.savez(path, **bands)


def change_last_image(root: Path) -> None:
    """The same containers but for one pixel of one image."""
    samples = [SETS["cloudsen12"](number) for number in range(6)]
    samples[5].content[0].content[0, 0, 0] += 1
    (root / "cloudsen12" / "geobench_cloudsen12.tortilla").unlink()
    (root / "cloudsen12").rmdir()
    write_parts(root, "cloudsen12", samples)


@pytest.mark.parametrize(
    ("name", "write", "change"),
    [
        ("folder", images, lambda root: change_raster(root / "3.tif")),
        ("cropharvest_exports", exports, lambda root: change_raster(root / "7-togo_2019-02-06_2020-02-01.tif")),
        (
            "m_eurosat",
            lambda root: write_set(root, "m-eurosat", SIDES, classes=("a", "b", "c")),
            lambda root: change_arrays(root / "classification_v1.0/m-eurosat/id_4.hdf5"),
        ),
        ("treesatai_ts", write_treesat, lambda root: change_arrays(sorted(root.glob("sentinel/*.h5"))[-1])),
        ("sickle", write_sickle, lambda root: change_numpy(sorted(root.glob("images/S1/npy/*/*.npz"))[-1])),
        ("breizhcrops", write_breizhcrops, lambda root: change_arrays(root / "2017/L1C/frh02.h5")),
        (
            "gb2_cloudsen12",
            lambda root: write_parts(root, "cloudsen12", [SETS["cloudsen12"](number) for number in range(6)]),
            change_last_image,
        ),
    ],
)
def test_other_pixels_are_another_version(
    name: str, write: Callable[[Path], object], change: Callable[[Path], None], tmp_path: Path
) -> None:
    write(tmp_path)
    config = BENCHMARKS.get(name)(folder=tmp_path, **({"folds": 2} if name == "cropharvest_exports" else {}))

    def version() -> str:
        return str(build(config, ModelInputs(sensors=config.offers(), patch_size=1)).facts.version)

    first = version()
    assert version() == first
    change(tmp_path)
    assert version() != first
