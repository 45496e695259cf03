"""BreizhCrops: columns, dates, sides and classes of the publisher's files."""

from pathlib import Path

import h5py
import numpy as np
import pyogrio
import pytest
import shapely

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.breizhcrops.breizhcrops import BreizhCrops
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN

from .breizhcrops_files import CLASSES, write_breizhcrops


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_breizhcrops(tmp_path)


def inputs(*sensors: str, longest: int | None = None) -> ModelInputs:
    return ModelInputs(sensors=SensorSet.of(sensors or ("sentinel2",)), patch_size=4, max_timesteps=longest)


def table_of(folder: Path, region: str, key: str) -> np.ndarray:
    with h5py.File(folder / "2017" / "L1C" / f"{region}.h5", "r") as file:
        table = file[key][()]
    return table[np.argsort(table[:, 16])]


def test_columns_are_spectral_and_days_are_real(folder: Path) -> None:
    benchmark = build(BreizhCrops(folder=folder, series="dates"), inputs())
    (_, samples) = next(iter(benchmark.samples(np.array([4]))))
    table, bands = table_of(folder, "frh01", "csv/4.csv"), benchmark.inputs.sensors["sentinel2"].bands
    pixels = samples[0].bands["sentinel2"][0, 0]
    for column, band in enumerate(("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10")):
        np.testing.assert_allclose(pixels[:, bands.index(band)], table[:, column], rtol=1e-6)
    np.testing.assert_allclose(pixels[:, bands.index("B12")], table[:, 12], rtol=1e-6)
    days = (table[:, 16] / 86400e9).round().astype("datetime64[D]")
    assert [f"{year}-{month + 1:02}-{day:02}" for day, month, year in samples[0].timestamps] == days.astype(
        str
    ).tolist()
    assert pixels[:, bands.index("B10")].max() < 1200 < pixels[:, bands.index("B01")].min()


def test_months_are_means_of_what_they_have(folder: Path) -> None:
    benchmark = build(BreizhCrops(folder=folder), inputs("sentinel2_l2a", longest=12))
    (_, samples) = next(iter(benchmark.samples(np.array([4]))))
    table = table_of(folder, "frh01", "csv/4.csv")
    month = (table[:, 16] / 86400e9).round().astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
    sample, bands = samples[0], benchmark.inputs.sensors["sentinel2_l2a"].bands
    assert [tuple(date) for date in sample.timestamps] == [(15, number, 2017) for number in range(12)]
    assert sample.present["sentinel2_l2a"].tolist() == [number in month for number in range(12)]
    expected = [table[month == number, 8].mean() for number in sorted(set(month))]
    np.testing.assert_allclose(sample.bands["sentinel2_l2a"][0, 0, :, bands.index("B8A")], expected, rtol=1e-6)
    assert benchmark.remarks()["sensor"] == "sentinel2 is handed on as sentinel2_l2a"


def test_published_bands_are_those_of_another_order(folder: Path) -> None:
    benchmark = build(BreizhCrops(folder=folder, series="dates", variant="as_published"), inputs())
    (_, samples) = next(iter(benchmark.samples(np.array([4]))))
    table, bands = table_of(folder, "frh01", "csv/4.csv"), benchmark.inputs.sensors["sentinel2"].bands
    np.testing.assert_allclose(samples[0].bands["sentinel2"][0, 0, :, bands.index("B02")], table[:, 10], rtol=1e-6)
    assert benchmark.setup()["variant"] == "as_published" and "as_published" in benchmark.facts.version


def test_regions_are_sides_and_parcels_without_class_or_dates_are_left_out(folder: Path) -> None:
    benchmark = build(BreizhCrops(folder=folder), inputs())
    ((split,),) = benchmark.draws
    assert [int(side.sum()) for side in (split.train, split.validation, split.test)] == [50, 25, 25]
    assert benchmark.facts.classes == CLASSES and np.bincount(benchmark.labels).tolist() == [12] * 7 + [8] * 2
    assert benchmark.remarks()["parcels_of_other_crops"] == benchmark.remarks()["parcels_without_dates"] == 4
    assert benchmark.facts.group == "" and "none" in str(benchmark.remarks()["groups"])
    report = evaluate(RawPixels(), BreizhCrops(folder=folder), KNN(k=3, standardise=False))
    assert report.scores[0].metrics["accuracy"].value > 0.9


def test_shapes_of_the_regions_give_groups(folder: Path) -> None:
    for number in range(4):
        places = [shapely.box(x, y, x + 50, y + 50) for x, y in [(6000 * (parcel // 5), 10) for parcel in range(27)]]
        pyogrio.raw.write(
            folder / "2017" / f"frh0{number + 1}.shp",
            np.array(shapely.to_wkb(places)),
            [np.array([str(1000 * number + parcel) for parcel in range(27)])],
            fields=["ID"],
            geometry_type="Polygon",
            crs="EPSG:2154",
        )
    benchmark = build(BreizhCrops(folder=folder), inputs())
    assert benchmark.facts.group == "5000 m of ground" and np.bincount(benchmark.groups).tolist() == [20] * 5
    assert "groups" not in benchmark.remarks()


def test_mistakes_are_named(folder: Path) -> None:
    with pytest.raises(UserError, match="no region 'frh05'"):
        build(BreizhCrops(folder=folder, test=("frh05",)), inputs())
    with pytest.raises(UserError, match="frh04 is named on two sides"):
        build(BreizhCrops(folder=folder, validation=("frh04",)), inputs())
    with pytest.raises(UserError, match="series of up to 40 dates, and the model takes 12"):
        build(BreizhCrops(folder=folder, series="dates"), inputs(longest=12))
    with pytest.raises(UserError, match="the parcels have sentinel2, and the model takes landsat"):
        build(BreizhCrops(folder=folder), inputs("landsat"))
    with h5py.File(folder / "2017" / "L1C" / "frh01.h5", "a") as file:
        del file["csv/4.csv"]
    with pytest.raises(DataError, match=r"frh01\.h5 cannot be read"):
        list(build(BreizhCrops(folder=folder), inputs()).samples())
    (folder / "2017" / "L1C" / "frh02.h5").unlink()
    with pytest.raises(DataError, match=r"there is no .*frh02\.h5"):
        build(BreizhCrops(folder=folder), inputs())
