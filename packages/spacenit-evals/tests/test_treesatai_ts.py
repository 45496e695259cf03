"""TreeSatAI Time Series: units, orbits, months, labels and places of the publisher's files."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.treesatai_ts.treesatai_ts import TreeSatAITS
from spacenit_evals.benchmarks.treesatai_ts.treesatai_ts_leading import TreeSatAITSLeading
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN

from .treesat_files import write_treesat

SENSORS = ("sentinel2_l2a", "sentinel1", "naip_10")
REAL = "Abies_alba_1_1005_WEFL_NLF"
OPTICAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_treesat(tmp_path)


def inputs(*sensors: str, patch_size: int = 4, longest: int | None = None) -> ModelInputs:
    return ModelInputs(sensors=SensorSet.of(sensors or SENSORS), patch_size=patch_size, max_timesteps=longest)


def test_labels_are_genera_with_a_share_that_counts(folder: Path) -> None:
    benchmark = build(TreeSatAITS(folder=folder), inputs())
    labels, classes = np.asarray(benchmark.labels), benchmark.facts.classes
    assert labels.dtype == bool and labels.shape == (24, 15) and benchmark.facts.task == "multilabel"
    assert [classes[place] for place in np.flatnonzero(labels[0])] == ["Abies", "Fagus"]
    assert [classes[place] for place in np.flatnonzero(labels[3])] == ["Abies"]
    ((split,),) = benchmark.draws
    assert (int(split.train.sum()), split.validation, int(split.test.sum())) == (16, None, 8)
    assert benchmark.facts.group == "5000 m of ground" and np.bincount(benchmark.groups).tolist() == [4] * 6
    with pytest.raises(DataError, match=r"no genus with a share above 0\.95"):
        build(TreeSatAITS(folder=folder, least_share=0.95), inputs())


def test_months_are_means_and_radar_is_in_decibels(folder: Path) -> None:
    benchmark = build(TreeSatAITSLeading(folder=folder, orbit="both"), inputs(longest=12))
    assert benchmark.inputs.patch_size == 3
    (_, samples) = next(iter(benchmark.samples(np.array([1]))))
    sample = samples[0]
    with h5py.File(folder / "sentinel" / "Fagus_1.h5") as file:
        optical, ascending = file["sen-2-data"][()], file["sen-1-asc-data"][()]
        days = np.array([name.decode().split("_")[2][:8] for name in file["sen-2-products"][()]])
    march = np.arange(12) != 2
    assert all(sample.present[name].tolist() == march.tolist() for name in ("sentinel2_l2a", "sentinel1"))
    june = np.array([day[4:6] == "06" for day in days])
    bands = benchmark.inputs.sensors["sentinel2_l2a"].bands
    place = bands.index("B8A")
    np.testing.assert_allclose(sample.bands["sentinel2_l2a"][:, :, 4, place], optical[june, 7].mean(axis=0), rtol=1e-5)
    expected = 10 * np.log10(ascending[june].mean(axis=0) * 1.5)
    np.testing.assert_allclose(np.moveaxis(sample.bands["sentinel1"][:, :, 4], -1, 0), expected, rtol=1e-4)
    assert [tuple(date) for date in sample.timestamps] == [(15, month, 2020) for month in range(12)]
    assert sample.bands["naip_10"].shape == (24, 24, 1, 4)
    assert sample.bands["naip_10"][0, 0, 0].tolist() == [60, 80, 70, 140]
    report = evaluate(RawPixels(), TreeSatAITSLeading(folder=folder), KNN(k=3, standardise=False))
    assert report.scores[0].metrics["accuracy"].value == 1.0


def test_a_real_stand_is_read_as_it_is(real_evals: Path, tmp_path: Path) -> None:
    write_treesat(tmp_path)
    shutil.copy(real_evals / "treesatai_ts" / f"{REAL}.h5", tmp_path / "sentinel" / f"{REAL}_2020.h5")
    shutil.copy(real_evals / "treesatai_ts" / f"{REAL}.tif", tmp_path / "aerial" / f"{REAL}.tif")
    path = tmp_path / "labels" / "TreeSatBA_v9_60m_multi_labels.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {f"{REAL}.tif": [["Abies", 1.0]]}))
    (tmp_path / "val_filenames.lst").write_text(f"{REAL}.tif\n")
    benchmark = build(TreeSatAITS(folder=tmp_path, series="dates", orbit="descending"), inputs())
    ((split,),) = benchmark.draws
    assert split.validation is not None
    (_, samples) = next(iter(benchmark.samples(np.flatnonzero(split.validation))))
    sample, sensors = samples[0], benchmark.inputs.sensors
    with h5py.File(tmp_path / "sentinel" / f"{REAL}_2020.h5") as file:
        optical, power = file["sen-2-data"][()], file["sen-1-des-data"][()]
        days = [name.decode().split("_")[2][:8] for name in file["sen-2-products"][()]]
        radar_days = np.array([name.decode().split("_")[4][:8] for name in file["sen-1-des-products"][()]])
    told = [f"{year}{month + 1:02}{day:02}" for day, month, year in sample.timestamps]
    assert [day for day, there in zip(told, sample.present["sentinel2_l2a"], strict=True) if there] == days
    for place, band in enumerate(OPTICAL):
        stored = sample.bands["sentinel2_l2a"][..., sensors["sentinel2_l2a"].bands.index(band)]
        np.testing.assert_allclose(np.moveaxis(stored, 2, 0), optical[:, place], rtol=1e-6)
    # Neighbouring scenes of one day overlap here.
    expected = 10 * np.log10([power[radar_days == day, 1].mean(axis=0) for day in np.unique(radar_days)])
    assert len(expected) == 61 < len(power)
    np.testing.assert_allclose(np.moveaxis(sample.bands["sentinel1"][..., 1], 2, 0), expected, rtol=1e-4, atol=1e-4)
    with rasterio.open(tmp_path / "aerial" / f"{REAL}.tif") as image:
        means = image.read().mean(axis=(1, 2))
    np.testing.assert_allclose(sample.bands["naip_10"].mean(axis=(0, 1, 2)), means[[3, 1, 2, 0]], rtol=2e-3)
    clear = build(TreeSatAITS(folder=tmp_path, series="dates", clouds=50), inputs("sentinel2_l2a"))
    (_, (covered,)) = next(iter(clear.samples(np.flatnonzero(split.validation))))
    missing = (covered.bands["sentinel2_l2a"][..., 0] == -99999).mean()
    assert 0.2 < missing < 0.8


def test_mistakes_are_named(folder: Path) -> None:
    with pytest.raises(UserError, match="series of up to 366 dates, and the model takes 24"):
        build(TreeSatAITS(folder=folder, series="dates"), inputs(longest=24))
    (folder / "sentinel" / "Abies_0.h5").write_bytes(b"no file")
    with pytest.raises(DataError, match=r"Abies_0\.h5 cannot be read"):
        list(build(TreeSatAITS(folder=folder), inputs()).samples())
    (folder / "sentinel" / "Abies_0.h5").unlink()
    with pytest.raises(DataError, match="no series of Abies_0"):
        build(TreeSatAITS(folder=folder), inputs())
    (folder / "sentinel" / "Abies_0.h5").write_bytes(b"no file")
    (folder / "aerial" / "Abies_0.tif").unlink()
    assert build(TreeSatAITS(folder=folder), inputs()).facts.group == ""
    names = (folder / "train_filenames.lst").read_text()
    (folder / "test_filenames.lst").write_text(names)
    with pytest.raises(DataError, match="name a stand twice"):
        build(TreeSatAITS(folder=folder), inputs())
    (folder / "labels" / "TreeSatBA_v9_60m_multi_labels.json").write_text("{}")
    (folder / "test_filenames.lst").write_text("Tilia_1.tif\n")
    with pytest.raises(DataError, match=r"has no label of Abies_0\.tif"):
        build(TreeSatAITS(folder=folder), inputs())
