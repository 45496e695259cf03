"""What raw pixels give: statistics of the pixels that an encoder sees."""

from pathlib import Path

import numpy as np
import pytest

from spacenit_core.samples.batch import Batch
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.loader.collate import visible_batch
from spacenit_evals.benchmarks.labelled_rasters.benchmark import hold_patches
from spacenit_evals.embedders.raw_pixels import patch_statistics, window_statistics

BANDS = SensorSet.of(["sentinel1"])["sentinel1"].bands


@pytest.fixture(scope="module")
def dataset(h5py_dir: Path) -> H5Tiles:
    return H5Tiles(h5py_dir=h5py_dir, training_modalities=("sentinel2_l2a", "sentinel1"))


def radar(values: np.ndarray, months: list[tuple[int, int]]) -> SampleWindow:
    """A window of Sentinel-1, float32 [H, W, T, 2], at (month from 0, year)."""
    return SampleWindow(
        index=0,
        bands={"sentinel1": values.astype(np.float32)},
        present={"sentinel1": np.ones(len(months), dtype=bool)},
        timestamps=np.array([(1, month, year) for month, year in months]),
        latlon=np.zeros(2, np.float32),
    )


def normalised(values: np.ndarray) -> np.ndarray:
    normalization = SensorSet.of(["sentinel1"])["sentinel1"].normalization
    assert normalization is not None
    scale, offset = normalization.scale_and_offset()
    return values * scale + offset


def test_raw_pixels_are_means_and_deviations_per_band_and_month(dataset: H5Tiles) -> None:
    tile = dataset.read_window(0, row=4, column=8, cells=4)
    features = window_statistics(visible_batch([tile], dataset.sensors, patch_size=2))[0]
    assert features.shape == (2 * 12 * 12 + 2 * 12 * 2,)
    spec = dataset.sensors["sentinel2_l2a"]
    scale, offset = spec.normalization.scale_and_offset()
    values = tile.bands["sentinel2_l2a"] * scale + offset
    mean = np.full((12, 12), np.nan)
    mean[tile.present["sentinel2_l2a"]] = values.mean(axis=(0, 1))
    np.testing.assert_allclose(features[:144].reshape(12, 12), mean, atol=1e-4)
    deviation = np.full((12, 12), np.nan)
    deviation[tile.present["sentinel2_l2a"]] = values.std(axis=(0, 1))
    np.testing.assert_allclose(features[144:288].reshape(12, 12), deviation, atol=1e-4)


def test_raw_pixels_say_what_is_missing(dataset: H5Tiles) -> None:
    whole, lacking = (dataset.read_window(index, row=0, column=0, cells=4) for index in (1, 4))
    features = window_statistics(visible_batch([whole, lacking], dataset.sensors, patch_size=4))
    assert np.isnan(features[0, :288]).sum() == 24 and not np.isnan(features[0, 288:]).any()
    assert np.isnan(features[1, 288:]).all()


def test_patches_have_statistics_of_their_own(dataset: H5Tiles) -> None:
    windows = [dataset.read_window(index, row=0, column=0, cells=8) for index in (1, 4)]
    grid = patch_statistics(visible_batch(windows, dataset.sensors, patch_size=4))
    assert grid.shape == (2, 2, 2, 2 * 12 * 12 + 2 * 12 * 2)
    for number, index in enumerate((1, 4)):
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
            patch = dataset.read_window(index, row=4 * row, column=4 * column, cells=4)
            alone = window_statistics(visible_batch([patch], dataset.sensors, patch_size=4))[0]
            np.testing.assert_allclose(grid[number, row, column], alone, rtol=1e-6)


def test_images_of_one_month_are_averaged(dataset: H5Tiles) -> None:
    batch: Batch = visible_batch([dataset.read_window(0, row=0, column=0, cells=4)], dataset.sensors, patch_size=4)
    apart = window_statistics(batch)[0, :144].reshape(12, 12)
    batch.timestamps[0, 1, 1] = 0
    together = window_statistics(batch)[0, :144].reshape(12, 12)
    np.testing.assert_allclose(together[0], (apart[0] + apart[1]) / 2, rtol=1e-5)
    assert np.isnan(together[1]).all()


def test_pixels_of_the_tokens_that_are_there_count_though_others_are_missing() -> None:
    values = np.random.default_rng(0).normal(-14, 3, (4, 4, 1, 2))
    holed = values.copy()
    holed[3, 3, 0, 0] = NODATA
    batch = visible_batch([radar(holed, [(5, 2020)])], SensorSet.of(["sentinel1"]), patch_size=2)
    features = window_statistics(batch)[0].reshape(2, 12, 2)[:, 5]
    rest = np.ones((4, 4), dtype=bool)
    rest[2:, 2:] = False
    seen = normalised(values[:, :, 0])[rest]
    np.testing.assert_allclose(features, [seen.mean(0), seen.std(0)], atol=1e-5)


@pytest.mark.parametrize("groups", [[["vh"], ["vv"]], [["vv"], ["vh"]], [["vh", "vv"]], [["vh"]]])
def test_band_groups_say_which_bands_are_missing(groups: list[list[str]]) -> None:
    """VV has no pixel: VH's statistics stay where VH is, unless both make one token."""
    values = np.random.default_rng(0).normal(-14, 3, (4, 4, 1, 2))
    values[..., BANDS.index("vv")] = NODATA
    sensors = SensorSet.of(["sentinel1"], band_groups={"sentinel1": groups})
    batch = visible_batch([radar(values, [(0, 2020)])], sensors, patch_size=2)
    bands = [band for group in groups for band in group]
    mean = window_statistics(batch)[0].reshape(2, 12, len(bands))[0, 0]
    expected = normalised(values[:, :, 0]).mean((0, 1))[BANDS.index("vh")]
    for band, value in zip(bands, mean, strict=True):
        alone = band == "vh" and ["vh"] in groups
        np.testing.assert_allclose(value, expected if alone else np.nan, atol=1e-5)


def test_years_of_a_longer_series_stay_apart() -> None:
    months = [((3 + step) % 12, 2020 + (3 + step) // 12) for step in range(20)]
    values = np.random.default_rng(0).normal(-14, 3, (2, 2, 20, 2))
    sensors = SensorSet.of(["sentinel1"])
    long = window_statistics(visible_batch([radar(values, months)], sensors, patch_size=2))[0]
    mean = long.reshape(2, 2, 12, 2)[:, 0]
    expected = normalised(values).mean((0, 1))
    for step, (month, _) in enumerate(months):
        np.testing.assert_allclose(mean[step // 12, month], expected[step], atol=1e-5)
    assert np.isnan(mean[1]).sum() == 2 * 4
    year = window_statistics(visible_batch([radar(values[:, :, :12], months[:12])], sensors, patch_size=2))[0]
    np.testing.assert_array_equal(year, long[:48])


def test_a_window_without_a_whole_patch_has_no_token() -> None:
    values = np.full((4, 4, 1, 2), NODATA)
    batch = visible_batch([radar(values, [(0, 2020)])], SensorSet.of(["sentinel1"]), patch_size=2)
    assert hold_patches(batch).tolist() == [[False]] and np.isnan(window_statistics(batch)).all()
    values[1, 1] = -12.0
    batch = visible_batch([radar(values, [(0, 2020)])], SensorSet.of(["sentinel1"]), patch_size=2)
    assert hold_patches(batch).tolist() == [[False]]
    batch = visible_batch([radar(values, [(0, 2020)])], SensorSet.of(["sentinel1"]), patch_size=1)
    assert hold_patches(batch).tolist() == [[True]]
