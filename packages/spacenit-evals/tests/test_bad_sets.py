"""One mistake at a time in sets that are right: each is refused before anything is computed, and named."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import rasterio

from spacenit_core.contracts.build import build
from spacenit_core.errors import SpaceNitError, UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN

from .geobench_files import write_sample
from .written_sets import WRITTEN

EUROSAT = "classification_v1.0/m-eurosat"


def partition(root: Path, **sides: list[str]) -> None:
    path = root / EUROSAT / "default_partition.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | sides))


def h5(path: Path, change: Callable[[h5py.File], Any]) -> None:
    with h5py.File(path, "r+") as file:
        change(file)


def replaced(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[h5py.File], None]:
    """Another array in place of one."""

    def apply(file: h5py.File) -> None:
        values = change(file[name][()])
        del file[name]
        file[name] = values

    return apply


def with_nan(values: np.ndarray) -> np.ndarray:
    values = values.astype(np.float64)
    values.reshape(-1)[0] = np.nan
    return values


def column(root: Path, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    np.save(root / f"{name}.npy", change(np.load(root / f"{name}.npy")))


def set_to(value: Any, at: Any = 0) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        values[at] = value
        return values

    return change


def rows(root: Path, change: Callable[[str], str]) -> None:
    (root / "labels.csv").write_text(change((root / "labels.csv").read_text()))


def one_band(root: Path) -> None:
    """An image of one band in place of the last."""
    with rasterio.open(root / "7.tif") as file:
        profile = file.profile | {"count": 1}
    with rasterio.open(root / "7.tif", "w", **profile) as file:
        file.write(np.full((1, 8, 8), -12, np.float32))


BAND = "02 - Blue"
FIRST = "frh01"
STAND = "sentinel/Abies_0.h5"


def table_of(root: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    h5(root / "2017" / "L1C" / f"{FIRST}.h5", replaced("csv/0.csv", change))


def tif(pattern: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """Other pixels in the last of some images."""

    def apply(root: Path) -> None:
        path = max(root.rglob(pattern))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                values, profile, names = change(file.read()), file.profile, file.descriptions
            with rasterio.open(path, "w", **(profile | {"count": len(values)})) as file:
                file.write(values)
                file.descriptions = names[: len(values)]

    return apply


def text(pattern: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    """Another text in the first of some files."""

    def apply(root: Path) -> None:
        path = min(root.rglob(pattern))
        path.write_text(change(path.read_text()))

    return apply


def patch(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """Another array in the first patch of PASTIS."""

    def apply(root: Path) -> None:
        path = min(root.rglob(f"{name}_*.npy"))
        np.save(path, change(np.load(path)))

    return apply


MISTAKES: list[tuple[str, str, Callable[[Path], Any], str]] = [
    ("m_eurosat", "a band is gone", lambda root: h5(root / EUROSAT / "id_3.hdf5", lambda f: f.pop(BAND)), "has no 02"),
    ("m_eurosat", "NaN", lambda root: h5(root / EUROSAT / "id_3.hdf5", replaced(BAND, with_nan)), "sample 3 holds NaN"),
    ("m_eurosat", "a label", lambda root: write_sample(root / EUROSAT / "id_3.hdf5", {BAND: np.ones((8, 8))}, 7), "7"),
    (
        "m_eurosat",
        "no label",
        lambda root: write_sample(root / EUROSAT / "id_3.hdf5", {BAND: np.ones((8, 8))}, None),
        "label None",
    ),
    ("m_eurosat", "a sample twice", lambda root: partition(root, test=["id_1", "id_6"]), "lists id_1 twice"),
    ("m_eurosat", "a sample that is not there", lambda root: partition(root, test=["id_77"]), r"id_77\.hdf5"),
    ("m_eurosat", "an empty side", lambda root: partition(root, test=[]), "nothing to train on or to test on"),
    ("m_eurosat", "one class", lambda root: partition(root, train=["id_0", "id_2"]), "one class alone, one"),
    (
        "m_eurosat",
        "no partition",
        lambda root: (root / EUROSAT / "default_partition.json").write_text("{"),
        "cannot be read",
    ),
    (
        "folder",
        "a split",
        lambda root: rows(root, lambda text: text.replace("dry,train", "dry,trian", 1)),
        "'trian' is none of",
    ),
    ("folder", "a label", lambda root: rows(root, lambda text: text.replace("wet", "", 1)), "no label"),
    (
        "folder",
        "one class",
        lambda root: rows(root, lambda text: text.replace("wet,train", "dry,train")),
        "one class alone, dry",
    ),
    (
        "folder",
        "no test",
        lambda root: rows(root, lambda text: text.replace("test", "validation")),
        "divides into train, validation alone",
    ),
    ("folder", "a band less", one_band, "has 1 bands, fewer than"),
    (
        "gb2_benv2",
        "no set",
        lambda root: (root / "benv2" / "geobench_benv2.tortilla").rename(root / "x.tortilla"),
        "benv2",
    ),
    ("breizhcrops", "a column less", lambda root: table_of(root, lambda values: values[:, :16]), "not dates x 17"),
    ("breizhcrops", "NaN", lambda root: table_of(root, with_nan), "NaN"),
    (
        "treesatai_ts",
        "a band less",
        lambda root: h5(root / STAND, replaced("sen-2-data", lambda v: v[:, :9])),
        "Abies_0",
    ),
    ("treesatai_ts", "NaN", lambda root: h5(root / STAND, replaced("sen-2-data", with_nan)), "NaN"),
    (
        "cropharvest",
        "a band less",
        lambda root: h5(root / "features/arrays/0_togo.h5", replaced("array", lambda v: v[:, :17])),
        "0_togo",
    ),
    ("cropharvest", "NaN", lambda root: h5(root / "features/arrays/0_togo.h5", replaced("array", with_nan)), "NaN"),
    ("presto_fuel_moisture", "a target", lambda root: column(root, "target", set_to(-3.0)), "-3"),
    ("presto_fuel_moisture", "no target", lambda root: column(root, "target", set_to(np.nan)), "nan"),
    ("presto_fuel_moisture", "one side", lambda root: column(root, "is_test", set_to(0, slice(None))), "is_test"),
    ("presto_fuel_moisture", "a month", lambda root: column(root, "month", set_to(12)), "months"),
    ("presto_fuel_moisture", "NaN", lambda root: column(root, "s1_s2_era5_srtm", set_to(np.nan)), "NaN"),
    (
        "presto_fuel_moisture",
        "a band less",
        lambda root: column(root, "s1_s2_era5_srtm", lambda v: v[..., :17]),
        "18 bands",
    ),
    ("mados", "a label", tif("*_cl_*.tif", set_to(16)), "has the label 15"),
    ("mados", "an unknown crop", text("test_X.txt", lambda lines: lines + "Scene_77_1\n"), "Scene_77"),
    ("mados", "a crop twice", text("test_X.txt", lambda lines: lines + lines), "twice"),
    ("mados", "no validation", text("val_X.txt", lambda lines: "\n"), "is empty"),
    ("sen1floods11", "a label", tif("*_LabelHand.tif", set_to(7)), "7"),
    ("sen1floods11", "a band less", tif("*_S1Hand.tif", lambda values: values[:1]), "S1Hand"),
    ("sen1floods11", "another list", text("flood_test_data.csv", lambda lines: lines.replace("_", "-")), "has the row"),
    ("pastis_sentinel2", "a label", patch("TARGET", set_to(20)), "20"),
    ("pastis_sentinel2", "a band less", patch("S2", lambda values: values[:, :9]), "S2_"),
    ("pastis_sentinel2", "a date less", patch("S2", lambda values: values[1:]), "S2_"),
    (
        "pastis_sentinel2",
        "a fold",
        text("metadata.geojson", lambda lines: lines.replace('"Fold": 5', '"Fold": 6')),
        "old",
    ),
    ("awf", "a split", text("metadata.json", lambda lines: lines.replace('"train"', '"trian"')), "trian"),
    ("m_sa_crop_type", "a label", lambda root: h5(min(root.rglob("*.hdf5")), replaced("label", set_to(10))), "10"),
    ("m_forestnet", "no statistics", text("band_stats.json", lambda lines: "{}"), "mean and deviation|band_stats"),
    ("sickle", "a split", text("*.csv", lambda lines: lines.replace("train", "trian")), "trian|train"),
    ("fifty_cities", "a city without radar", lambda root: min(root.rglob("S1.tif")).unlink(), r"S1\.tif"),
]


def computed(benchmark: BenchmarkConfig) -> None:
    """Open and read it, and where labels are classes evaluate on it."""
    if benchmark.predicts == "classification":
        evaluate(RawPixels(), benchmark, KNN(k=1))
    opened = build(benchmark, ModelInputs(sensors=benchmark.offers(), patch_size=1))
    assert sum(len(samples) for _, samples in opened.samples()) == len(opened.labels)


@pytest.mark.parametrize(("name", "what", "make", "text"), MISTAKES, ids=[f"{one[0]}, {one[1]}" for one in MISTAKES])
def test_a_mistake_is_refused(name: str, what: str, make: Callable[[Path], Any], text: str, tmp_path: Path) -> None:
    benchmark = WRITTEN[name](tmp_path)
    make(tmp_path)
    with pytest.raises(SpaceNitError, match=text) as caught:
        computed(benchmark)
    assert caught.value.hint


@pytest.mark.parametrize("name", [name for name in WRITTEN if " " not in name])
def test_a_model_of_another_sensor_is_refused(name: str, tmp_path: Path) -> None:
    benchmark = WRITTEN[name](tmp_path)
    other = "sentinel1" if name == "m_forestnet" else "landsat"
    with pytest.raises(UserError, match=f"the model takes {other}") as caught:
        build(benchmark, ModelInputs(sensors=SensorSet.of([other]), patch_size=1))
    assert caught.value.hint
