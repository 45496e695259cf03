"""Rules on real files: the wrong ones are found, and the right ones raise nothing."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import rasterio

from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_evals.benchmarks.geobench_v1.m_eurosat import MEuroSat
from spacenit_evals.benchmarks.worldcereal.worldcereal_france import WorldCerealFrance
from spacenit_evals.benchmarks.worldcereal.worldcereal_points import FILE, WorldCerealPoints
from spacenit_evals.checks import CheckReport, check_benchmark
from spacenit_evals.cli.check import opened

from .arrays_benchmark import ArraysBenchmark

SPECTRAL = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")


def severities(report: CheckReport) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in report.findings}


@pytest.fixture
def eurosat(tmp_path: Path, real_evals: Path) -> Path:
    """The real sample on both sides, since there is one."""
    source = real_evals / "geobench_v1_eurosat" / "classification_v1.0" / "m-eurosat"
    folder = tmp_path / "classification_v1.0" / "m-eurosat"
    folder.mkdir(parents=True)
    shutil.copy(source / "task_specs.pkl", folder)
    for name in ("id_1905", "id_1906"):
        shutil.copy(source / "id_1905.hdf5", folder / f"{name}.hdf5")
    sides = {"train": ["id_1905"], "valid": [], "test": ["id_1906"]}
    (folder / "default_partition.json").write_text(json.dumps(sides))
    return tmp_path


def test_the_shifted_bands_of_m_eurosat(eurosat: Path) -> None:
    wrong = severities(check_benchmark(opened(MEuroSat(folder=eurosat, variant="as_published"))))
    right = severities(check_benchmark(opened(MEuroSat(folder=eurosat))))
    assert wrong["cirrus"] == wrong["near_infrared"] == "error"
    assert not {"cirrus", "near_infrared", "water_vapour", "units"} & set(right)
    assert right["repeated_samples"] == "error"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("gb2_benv2", "polarisations"), ("gb2_treesatai", "radar_units"), ("gb2_dynamic_earthnet", "near_infrared")],
)
def test_what_geobench_v2_got_wrong(name: str, wrong: str, real_evals: Path) -> None:
    folder = real_evals / "geobench_v2_tortilla"
    published, corrected = (
        check_benchmark(opened(BENCHMARKS.get(name)(folder=folder, variant=variant)))
        for variant in ("as_published", "corrected")
    )
    assert [finding.rule for finding in published.findings if finding.severity == "error"] == [wrong]
    assert not corrected.failed and severities(corrected).get("radar_units", "note") == "note"


@pytest.mark.parametrize("name", ["gb2_biomassters", "gb2_caffe", "gb2_flair2", "gb2_pastis"])
def test_other_sets_of_geobench_v2_are_right(name: str, real_evals: Path) -> None:
    report = check_benchmark(opened(BENCHMARKS.get(name)(folder=real_evals / "geobench_v2_tortilla")))
    # Of a few samples some classes are not seen.
    assert not set(severities(report)) - {"missing_bands", "empty_classes", "classes_of_sides"} and not report.failed


def test_worldcereal_points_are_right_by_either_rule_of_months(real_evals: Path) -> None:
    for rule in ("start", "middle"):
        config = WorldCerealPoints(folder=real_evals / "worldcereal_points", month_rule=rule)
        report = check_benchmark(opened(config))
        assert severities(report) == {"missing_bands": "note"} and report.setup["month_rule"] == rule


@pytest.mark.parametrize("off", [-1, 1])
def test_months_of_worldcereal_points_one_off_are_found(tmp_path: Path, real_evals: Path, off: int) -> None:
    table = pyarrow.parquet.read_table(real_evals / "worldcereal_points" / FILE)
    starts = [str(start) for start in table["start_date"].to_pylist()]
    wrong = [f"{np.datetime64(start[:7]) + off}-{min(int(start[8:10]), 28):02}" for start in starts]
    place = table.column_names.index("start_date")
    pyarrow.parquet.write_table(table.set_column(place, "start_date", pyarrow.array(wrong)), tmp_path / FILE)
    report = check_benchmark(opened(WorldCerealPoints(folder=tmp_path)))
    assert severities(report)["months"] == "error"


def test_french_crops_are_right_but_for_a_band(real_evals: Path) -> None:
    report = check_benchmark(opened(WorldCerealFrance(folder=real_evals / "worldcereal_france")))
    assert severities(report) == {"missing_bands": "note"} and "B8A" in report.findings[0].seen


def tiles(image: np.ndarray, side: int = 64) -> np.ndarray:
    """From [C, H, W] to [n, side, side, 1, C]."""
    c, height, width = image.shape
    cut = image[:, : height // side * side, : width // side * side]
    cut = cut.reshape(c, height // side, side, width // side, side)
    return cut.transpose(1, 3, 2, 4, 0).reshape(-1, side, side, 1, c).astype(np.float32)


def read(folder: Path, suffix: str = ".tif") -> list[np.ndarray]:
    images = []
    for path in sorted(folder.glob(f"*{suffix}")):
        with rasterio.open(path) as image:
            images.append(np.nan_to_num(image.read().astype(np.float32), nan=NODATA))
    return images


def spectral(sensor: str, bands: tuple[str, ...]) -> list[int]:
    """The places of a sensor's bands in files of the spectral order."""
    return [bands.index(band) for band in SensorSet.of([sensor])[sensor].bands]


def test_terramesh_and_sen1floods11_are_right(real_evals: Path) -> None:
    folder = real_evals / "terramesh_examples"
    order = spectral("sentinel2_l2a", tuple(band for band in SPECTRAL if band != "B10"))
    optical = np.concatenate([tiles(image[order], 112) for image in read(folder / "S2L2A")])
    radar = np.concatenate([tiles(image, 112) for image in read(folder / "S1RTC")])
    assert check_benchmark(ArraysBenchmark({"sentinel2_l2a": optical, "sentinel1": radar})).findings == ()
    (above,) = read(real_evals / "sen1floods11_spain" / "S2Hand")
    (flood,) = read(real_evals / "sen1floods11_spain" / "S1Hand")
    right = {"sentinel2": tiles(above[spectral("sentinel2", SPECTRAL)]), "sentinel1": tiles(flood)}
    assert check_benchmark(ArraysBenchmark(right)).findings == ()
    found = severities(check_benchmark(ArraysBenchmark({"sentinel2": tiles(above)})))
    assert found["cirrus"] == "error"


def test_neighbouring_tiles_do_not_overlap(real_evals: Path) -> None:
    report = check_benchmark(opened(BENCHMARKS.get("terramesh")(folder=real_evals / "terramesh_examples")))
    assert report.findings == ()
    flood = check_benchmark(opened(BENCHMARKS.get("sen1floods11")(folder=real_evals / "sen1floods11_spain")))
    assert set(severities(flood)) == {"invented_dates"}


def test_a_raw_export_of_cropharvest_is_right(real_evals: Path) -> None:
    (export,) = read(real_evals / "cropharvest_togo")
    months = export[: 12 * 17].reshape(12, 17, 17, 17).transpose(2, 3, 0, 1).reshape(17 * 17, 1, 1, 12, 17)
    pixels = {"sentinel1": months[..., :2], "sentinel2": months[..., 2:15][..., spectral("sentinel2", SPECTRAL)]}
    dates = np.tile([(1, (1 + month) % 12, 2019 + (1 + month) // 12) for month in range(12)], (17 * 17, 1, 1))
    report = check_benchmark(ArraysBenchmark(pixels, dates=dates))
    assert not [finding for finding in report.findings if finding.rule not in ("repeated_samples",)]


def test_the_radar_of_treesatai_ts_is_linear(real_evals: Path) -> None:
    with h5py.File(next((real_evals / "treesatai_ts").glob("*.h5"))) as file:
        stored = file["sen-1-asc-data"][()]
    assert stored.shape == (60, 2, 6, 6)
    benchmark = ArraysBenchmark({"sentinel1": stored.transpose(0, 2, 3, 1)[:, :, :, None].astype(np.float32)})
    (finding,) = check_benchmark(benchmark).findings
    assert "linear power" in finding.seen


@pytest.mark.parametrize(("off", "rules"), [(0, set()), (1, {"months"}), (-1, {"months"})])
def test_months_of_lakes_in_america(real_evals: Path, off: int, rules: set[str]) -> None:
    folder = real_evals / "presto_algae_blooms"
    series, month = np.load(folder / "s1_s2_era5_srtm.npy"), np.load(folder / "month.npy") + off
    year = 2018 + np.cumsum(np.diff(month, axis=1, prepend=month[:, :1]) < 0, axis=1)
    benchmark = ArraysBenchmark(
        {"sentinel1": series[:, None, None, :, :2].astype(np.float32)},
        dates=np.stack([np.ones_like(month), month % 12, year], axis=2),
        degrees=series[..., 13].astype(np.float64),
        latlon=np.load(folder / "latlon.npy"),
    )
    found = {finding.rule for finding in check_benchmark(benchmark).findings}
    assert found & {"months", "radar_units", "polarisations"} == rules
