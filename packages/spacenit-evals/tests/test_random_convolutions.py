"""Random kernels: held to a convolution that is written out, and to what counts."""

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1"])
KERNELS = 5


def sample(seed: int = 0, side: int = 8, dates: int = 2) -> SampleWindow:
    rng = np.random.default_rng(seed)
    return SampleWindow(
        index=seed,
        bands={
            "sentinel2_l2a": rng.integers(300, 4000, (side, side, dates, 12)).astype(np.uint16),
            "sentinel1": rng.normal(-14, 3, (side, side, dates, 2)).astype(np.float32),
        },
        present={name: np.ones(dates, bool) for name in SENSORS.names},
        timestamps=np.array([(1, month, 2020) for month in range(dates)]),
        latlon=np.zeros(2, np.float32),
    )


def embedder(sensors: SensorSet = SENSORS, patch_size: int = 4, **settings: object):
    config = EMBEDDERS.get("random_convolutions")(kernels=KERNELS, **settings)
    return build(config, None, ModelInputs(sensors=sensors, patch_size=patch_size))


def by_hand(window: SampleWindow, kernels, rows: slice, columns: slice) -> np.ndarray:
    """The means over some pixels of Sentinel-1, with loops."""
    values = window.bands["sentinel1"].astype(np.float64)
    statistics = SENSORS["sentinel1"].normalization
    deviations = (values - np.array(statistics.mean)) / np.array(statistics.std)
    there = (values != NODATA).any(axis=-1)
    deviations[values == NODATA] = 0
    padded = np.pad(deviations, ((1, 1), (1, 1), (0, 0), (0, 0)))
    found = []
    for row in range(8)[rows]:
        for column in range(8)[columns]:
            for date in range(values.shape[2]):
                if there[row, column, date]:
                    around = padded[row : row + 3, column : column + 3, date]
                    found.append(np.einsum("kcyx,yxc->k", kernels.weight.numpy(), around) + kernels.bias.numpy())
    each = np.stack(found)
    return np.concatenate([np.maximum(each, 0).mean(0), np.maximum(-each, 0).mean(0)])


def test_vectors_are_those_of_a_convolution_that_is_written_out() -> None:
    radar = SensorSet.of(["sentinel1"])
    window = sample()
    window.bands["sentinel1"][5, 1, 0, 1] = NODATA
    window.bands["sentinel1"][6, 2] = NODATA
    convolved = embedder(radar)
    kernels = convolved.kernels["sentinel1"]

    whole = by_hand(window, kernels, slice(None), slice(None))
    np.testing.assert_allclose(convolved.pooled([window])[0], whole, rtol=1e-4, atol=1e-5)
    lower_left = by_hand(window, kernels, slice(4, 8), slice(0, 4))
    np.testing.assert_allclose(convolved.grid([window])[0, 1, 0], lower_left, rtol=1e-4, atol=1e-5)


def test_a_batch_of_one_is_a_batch_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = [sample(seed, dates=3 if seed else 2) for seed in range(3)]
    convolved = embedder()
    alone = np.concatenate([convolved.grid([window]) for window in windows])
    assert alone.shape == (3, 2, 2, 2 * 2 * KERNELS) and alone.dtype == np.float32
    np.testing.assert_allclose(convolved.grid(windows), alone, atol=1e-5)
    monkeypatch.setattr("spacenit_evals.embedders.convolved.IMAGES_AT_A_TIME", 2)
    np.testing.assert_allclose(convolved.grid(windows), alone, atol=1e-5)


def test_what_is_absent_has_no_numbers_and_single_pixels_have_some() -> None:
    window = sample()
    without = evolve(window, bands={"sentinel2_l2a": window.bands["sentinel2_l2a"]})
    found = embedder().pooled([window, without])
    optical, radar = found[:, : 2 * KERNELS], found[:, 2 * KERNELS :]
    np.testing.assert_array_equal(optical[0], optical[1])
    assert np.isfinite(radar[0]).all() and np.isnan(radar[1]).all()
    assert embedder().grid([sample(side=1)]).shape == (1, 1, 1, 4 * KERNELS)


def test_kernels_are_drawn_from_the_seed_and_each_band_counts() -> None:
    window = sample()
    here = embedder().pooled([window])
    np.testing.assert_array_equal(embedder().pooled([window]), here)
    assert np.abs(embedder(seed=1).pooled([window]) - here).max() > 1e-2
    for band in range(12):
        changed = window.bands["sentinel2_l2a"].copy()
        changed[2, 3, 0, band] += 500
        other = embedder().pooled([evolve(window, bands={**window.bands, "sentinel2_l2a": changed})])
        assert np.abs(other - here).max() > 1e-6


def test_what_cannot_be_right_is_refused() -> None:
    with pytest.raises(UserError, match="sentinel1 has no statistics"):
        embedder(SensorSet((evolve(SENSORS["sentinel1"], normalization=None),)))
    with pytest.raises(UserError, match="8 x 8 cells cannot be cut into patches of 3"):
        embedder(patch_size=3).grid([sample()])
    with pytest.raises(ValueError, match="odd number of pixels"):
        EMBEDDERS.get("random_convolutions")(side=4)
