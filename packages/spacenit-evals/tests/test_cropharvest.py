"""CropHarvest: sides, bands, months and places of the publisher's files and of raw exports."""

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
from spacenit_evals.benchmarks.harvest.cropharvest import CropHarvest
from spacenit_evals.benchmarks.harvest.cropharvest_exports import CropHarvestExports
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.protocols.knn import KNN

from .cropharvest_files import write_cropharvest, write_export, write_labels

REAL = "98-togo_2019-02-06_2020-02-01.tif"
SENSORS = ("sentinel2", "sentinel1", "era5_10", "srtm")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_cropharvest(tmp_path)


def inputs(*sensors: str) -> ModelInputs:
    return ModelInputs(sensors=SensorSet.of(sensors or SENSORS), patch_size=4)


def test_arrays_come_in_the_units_of_the_sensors(folder: Path) -> None:
    benchmark = build(CropHarvest(folder=folder), inputs())
    (_, samples) = next(iter(benchmark.samples(np.array([3, 45]))))
    with h5py.File(folder / "features" / "arrays" / "3_togo.h5", "r") as file:
        array = file["array"][()]
    sensors, sample = benchmark.inputs.sensors, samples[0]
    optical = sample.bands["sentinel2"][0, 0]
    for band, column in {"B02": 2, "B08": 8, "B8A": 9, "B09": 10, "B11": 11, "B12": 12}.items():
        np.testing.assert_allclose(optical[:, sensors["sentinel2"].bands.index(band)], array[:, column], rtol=1e-6)
    for band in ("B01", "B10"):
        assert (optical[:, sensors["sentinel2"].bands.index(band)] == -99999).all()
    np.testing.assert_allclose(sample.bands["sentinel1"][0, 0], array[:, :2], rtol=1e-6)
    np.testing.assert_allclose(
        sample.bands["era5_10"][:, sensors["era5_10"].bands.index("2m-temperature")], array[:, 13], rtol=1e-6
    )
    assert sample.bands["srtm"].shape == (1, 1, 1, 1) and sample.bands["srtm"][0, 0, 0, 0] == 210
    assert "B01" in str(benchmark.remarks()["bands_absent"])


def test_the_year_begins_in_february(folder: Path) -> None:
    benchmark = build(CropHarvest(folder=folder), inputs())
    (_, samples) = next(iter(benchmark.samples(np.array([0, 45]))))
    assert [month for _, month, _ in samples[0].timestamps] == [*range(1, 12), 0]
    assert tuple(samples[0].timestamps[0]) == (21, 1, 2019) and tuple(samples[0].timestamps[-1]) == (17, 0, 2020)
    # The table says of this test point that its series ends a year later.
    assert tuple(samples[1].timestamps[-1]) == (17, 0, 2021)


def test_places_of_the_country_are_trained_on_and_points_with_a_label_tested(folder: Path) -> None:
    benchmark = build(CropHarvest(folder=folder), inputs())
    ((split,),) = benchmark.draws
    assert (int(split.train.sum()), int(split.test.sum()), split.validation) == (40, 18, None)
    assert benchmark.labels[split.train].tolist() == [0, 1] * 20
    assert benchmark.remarks()["places_without_series"] == 1
    assert benchmark.remarks()["test_pixels_without_label"] == 2
    assert np.unique(benchmark.groups[split.test], return_counts=True)[1].tolist() == [2] * 9
    assert benchmark.facts.group == "0.1 degrees of ground" and benchmark.facts.dates == ("2019-02-21", "2021-01-17")
    report = evaluate(ImageStatistics(), CropHarvest(folder=folder), KNN(k=3, standardise=False))
    assert report.scores[0].metrics["balanced accuracy"].value > 0.9


def test_one_crop_is_told_from_other_crops_and_from_none(folder: Path) -> None:
    rows = [
        {"index": number, "is_crop": int(number < 3), "label": label, "lat": 0.0, "lon": 37.0}
        for number, label in enumerate(("maize", "wheat", None, "forest", "maize"))
    ]
    write_labels(folder, rows)
    for name in ("Kenya_maize_2020_0_0", "Kenya_maize_2020_1_0"):
        shutil.copy(folder / "test_features" / "togo-eval.h5", folder / "test_features" / f"{name}.h5")
    benchmark = build(CropHarvest(folder=folder, region="kenya"), inputs())
    ((split,),) = benchmark.draws
    # A crop that is not named is neither.
    assert benchmark.labels[split.train].tolist() == [1, 0, 0, 1] and int(split.test.sum()) == 36
    assert benchmark.facts.classes == ("no maize", "maize")


def test_mistakes_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the places have sentinel2 and sentinel1 and era5_10 and srtm"):
        build(CropHarvest(folder=folder), inputs("landsat"))
    with pytest.raises(DataError, match=r"has no china-crop\*\.h5"):
        rows = [{"index": number, "is_crop": number % 2, "lat": 30.0, "lon": 110.0} for number in range(4)]
        write_labels(folder, rows)
        build(CropHarvest(folder=folder, region="china"), inputs())
    (folder / "labels.geojson").write_text("{}")
    with pytest.raises(DataError, match=r"labels\.geojson cannot be read"):
        build(CropHarvest(folder=folder), inputs())


def test_a_real_export_is_read_as_it_is(real_evals: Path, tmp_path: Path) -> None:
    path = shutil.copy(real_evals / "cropharvest_togo" / REAL, tmp_path / REAL)
    with rasterio.open(path) as file:
        stored, grid = file.read(), file.transform
    lon, lat = grid * (9.3, 4.6)
    rows: list[dict[str, object]] = [{"index": 98, "is_crop": 1, "lat": lat, "lon": lon}]
    for index in range(9):
        (tmp_path / "eo_data").mkdir(exist_ok=True)
        write_export(tmp_path / "eo_data" / f"{index}-togo_2019-02-06_2020-02-01.tif", 7.0 + index, 1.0, 5.0)
        rows.append({"index": index, "is_crop": index % 2, "lat": 7.0 + index, "lon": 1.0})
    write_labels(tmp_path, rows)
    benchmark = build(CropHarvestExports(folder=tmp_path, cells=3, folds=2), inputs())
    (_, samples) = next(iter(benchmark.samples()))
    sample, sensors = samples[0], benchmark.inputs.sensors
    window = stored[:, 3:6, 8:11]
    bands = sensors["sentinel2"].bands
    for place, band in enumerate(("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11")):
        expected = np.moveaxis(window[2 + place : 204 : 17], 0, -1)
        np.testing.assert_allclose(sample.bands["sentinel2"][..., bands.index(band)], expected, rtol=1e-6)
    np.testing.assert_allclose(sample.bands["sentinel1"][..., 1], np.moveaxis(window[1:204:17], 0, -1), rtol=1e-6)
    np.testing.assert_allclose(sample.bands["srtm"][:, :, 0, 0], window[204], rtol=1e-6)
    np.testing.assert_allclose(
        sample.bands["era5_10"][:, sensors["era5_10"].bands.index("total-precipitation")], stored[16:204:17, 4, 9]
    )
    assert tuple(sample.timestamps[0]) == (21, 1, 2019) and len(benchmark.draws) == 5
    # Bands without descriptions are in the usual order.
    assert samples[1].bands["sentinel1"][0, 0, :, 1].tolist() == [6.0 + 100 * step for step in range(12)]
    with pytest.raises(DataError, match="does not hold 16 x 16 cells"):
        next(iter(build(CropHarvestExports(folder=tmp_path, cells=16, folds=2), inputs()).samples()))
