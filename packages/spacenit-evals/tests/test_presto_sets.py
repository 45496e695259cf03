"""Fuel moisture and algae blooms, as they are and where they are damaged."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.harvest.algae_blooms import PrestoAlgaeBlooms
from spacenit_evals.benchmarks.harvest.fuel_moisture import PrestoFuelMoisture
from spacenit_evals.embedders.raw_series import RawSeries
from spacenit_evals.protocols.ridge import Ridge

from .presto_files import POINTS, write_fuel_moisture


def inputs(*sensors: str) -> ModelInputs:
    return ModelInputs(
        sensors=SensorSet.of(sensors or ("sentinel2", "sentinel1", "era5_10", "srtm")), patch_size=4, max_timesteps=24
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve points of four sites."""
    return write_fuel_moisture(tmp_path)


def test_months_are_real_and_years_follow_them(folder: Path) -> None:
    benchmark = build(PrestoFuelMoisture(folder=folder), inputs())
    (_, samples) = next(iter(benchmark.samples()))
    assert [tuple(date) for date in samples[0].timestamps] == [(15, 10, 2019), (15, 11, 2019), (15, 0, 2020)]
    assert benchmark.facts.dates_invented and benchmark.facts.dates is None
    assert benchmark.facts.group == "site" and np.bincount(benchmark.groups).tolist() == [3] * 4
    assert benchmark.facts.unit == "%" and benchmark.facts.classes == ("live fuel moisture",)
    ((split,),) = benchmark.draws
    assert split.test.tolist() == [number >= 9 for number in range(POINTS)]


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("target", lambda a: np.where(np.arange(len(a)) == 2, np.nan, a), r"live fuel moisture nan \(row 2\)"),
        ("target", lambda a: -a, "outside of 0 to 1000 %"),
        ("month", lambda a: a + 2, "are not 0 to 11"),
        ("is_test", lambda a: a * 0, "does not divide"),
        ("latlon", lambda a: a[1:], "do not belong together"),
        ("s1_s2_era5_srtm", lambda a: a[..., :17], "3 dates x 18 bands"),
        ("s1_s2_era5_srtm", lambda a: np.full_like(a, np.nan), "holds NaN or infinity"),
        ("site", lambda a: a.astype(object), "cannot be read"),
    ],
)
def test_what_is_damaged_is_refused(folder: Path, name: str, damage: object, message: str) -> None:
    values = np.load(folder / f"{name}.npy")
    np.save(folder / f"{name}.npy", damage(values), allow_pickle=True)  # type: ignore[operator]
    with pytest.raises(DataError, match=message):
        build(PrestoFuelMoisture(folder=folder), inputs())


def test_a_truncated_array_is_refused(folder: Path) -> None:
    path = folder / "s1_s2_era5_srtm.npy"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=r"s1_s2_era5_srtm\.npy cannot be read"):
        build(PrestoFuelMoisture(folder=folder), inputs())
    with pytest.raises(UserError, match="the model takes landsat"):
        build(PrestoFuelMoisture(folder=folder), inputs("landsat"))


def test_real_fuel_moisture_is_read_as_it_is(real_evals: Path) -> None:
    root = real_evals / "presto_fuel_moisture"
    benchmark = build(PrestoFuelMoisture(folder=root), inputs())
    array, target = np.load(root / "s1_s2_era5_srtm.npy"), np.load(root / "target.npy")
    (numbers, samples) = next(iter(benchmark.samples(np.array([5, 2000]))))
    sensors = benchmark.inputs.sensors
    for number, sample in zip(numbers, samples, strict=True):
        optical = sample.bands["sentinel2"][0, 0]
        for band, column in {"B02": 2, "B05": 5, "B08": 8, "B8A": 9, "B12": 12}.items():
            expected = array[number, :, column]
            np.testing.assert_allclose(optical[:, sensors["sentinel2"].bands.index(band)], expected, rtol=1e-6)
        np.testing.assert_allclose(sample.bands["sentinel1"][0, 0], array[number, :, :2], rtol=1e-6)
        np.testing.assert_allclose(sample.bands["srtm"][0, 0, 0, 0], array[number, 0, 15], rtol=1e-6)
        np.testing.assert_allclose(sample.latlon, np.load(root / "latlon.npy")[number], rtol=1e-6)
        assert sample.timestamps[:, 1].tolist() == np.load(root / "month.npy")[number].tolist()
    ((split,),) = benchmark.draws
    assert (len(target), int(split.test.sum()), len(np.unique(benchmark.groups))) == (2313, 735, 150)
    assert benchmark.labels.tolist() == target.tolist()
    assert not {*benchmark.groups[split.train]} & {*benchmark.groups[split.test]}


def test_a_linear_model_of_real_numbers_is_as_far_off_as_published(real_evals: Path) -> None:
    benchmark = PrestoFuelMoisture(folder=real_evals / "presto_fuel_moisture")
    report = evaluate(RawSeries(location=True), benchmark, Ridge())
    # 28.20 in table 10 of Tseng et al. 2023; with the mean it would be 36.9.
    assert report.scores[0].metrics["RMSE"].value == pytest.approx(28.20, rel=0.07)


def test_real_algae_blooms_are_read_as_they_are(real_evals: Path, tmp_path: Path) -> None:
    root = real_evals / "presto_algae_blooms"
    benchmark = build(PrestoAlgaeBlooms(folder=root), inputs())
    ((split,),) = benchmark.draws
    assert (len(benchmark.labels), int(split.test.sum())) == (1122, 345)
    assert np.unique(benchmark.labels).tolist() == [1, 2, 3, 4, 5][: len(np.unique(benchmark.labels))]
    assert not {*benchmark.groups[split.train]} & {*benchmark.groups[split.test]}
    (_, samples) = next(iter(benchmark.samples(np.array([1]))))
    assert [month for _, month, _ in samples[0].timestamps] == [9, 10, 11, *range(9)]
    shutil.copytree(root, tmp_path / "copy")
    (tmp_path / "copy" / "target.npy").chmod(0o644)
    np.save(tmp_path / "copy" / "target.npy", np.load(root / "target.npy") - 1)
    with pytest.raises(DataError, match="severity 0"):
        build(PrestoAlgaeBlooms(folder=tmp_path / "copy"), inputs())


def test_raw_series_are_the_numbers_step_by_step(real_evals: Path) -> None:
    root = real_evals / "presto_fuel_moisture"
    benchmark = build(PrestoFuelMoisture(folder=root), inputs("sentinel1", "srtm"))
    (_, samples) = next(iter(benchmark.samples(np.array([7, 8]))))
    array, latlon = np.load(root / "s1_s2_era5_srtm.npy"), np.load(root / "latlon.npy")
    vectors = RawSeries(location=True).build(None, benchmark.inputs).pooled(samples)
    expected = [[*array[row, :, :2].reshape(-1), array[row, 0, 15], *latlon[row]] for row in (7, 8)]
    names = benchmark.inputs.sensors.names
    assert names in (("sentinel1", "srtm"), ("srtm", "sentinel1"))
    if names[0] == "srtm":
        expected = [[row[6], *row[:6], *row[7:]] for row in expected]
    np.testing.assert_allclose(vectors, expected, rtol=1e-6)
    samples[0].bands["sentinel1"][0, 0, 1, 0] = -99999
    assert np.isnan(RawSeries().build(None, benchmark.inputs).pooled(samples)[0]).sum() == 1


def test_raw_series_of_a_patch_are_all_its_pixels() -> None:
    takes = ModelInputs(sensors=SensorSet.of(["sentinel1", "era5_10"]), patch_size=2)
    pixels = np.arange(4 * 6 * 3 * 2, dtype=np.float32).reshape(4, 6, 3, 2) - 99
    weather = np.arange(18, dtype=np.float32).reshape(3, 6) + 250
    sample = SampleWindow(
        index=0,
        bands={"sentinel1": pixels, "era5_10": weather},
        present={"sentinel1": np.ones(3, bool), "era5_10": np.ones(3, bool)},
        timestamps=np.array([(1, month, 2020) for month in range(3)]),
        latlon=np.array([1.0, 2.0], np.float32),
    )
    embedder = RawSeries().build(None, takes)
    grid = embedder.grid([sample])
    assert grid.shape == (1, 2, 3, 4 * 6 + 18)
    np.testing.assert_array_equal(grid[0, 1, 2, :24], pixels[2:4, 4:6].reshape(-1))
    np.testing.assert_array_equal(grid[0, 0, 1, 24:], weather.reshape(-1))
    np.testing.assert_allclose(embedder.pooled([sample])[0, :6], pixels.mean(axis=(0, 1)).reshape(-1), rtol=1e-5)
