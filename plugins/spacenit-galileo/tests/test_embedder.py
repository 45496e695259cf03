"""Samples in stored units to vectors: what moves them, and what does not."""

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.contracts.build import build
from spacenit_core.kinds.embedders import EMBEDDERS, Trainable
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA

from .conftest import GOLDEN, SENSORS, WEIGHTS, needs_real_data, sample

POINTS_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
GROUP_AND_CHANNEL = {
    ("sentinel1", "vv"): ("S1", 0),
    ("sentinel1", "vh"): ("S1", 1),
    ("sentinel2_l2a", "B02"): ("S2_RGB", 0),
    ("sentinel2_l2a", "B03"): ("S2_RGB", 1),
    ("sentinel2_l2a", "B04"): ("S2_RGB", 2),
    ("sentinel2_l2a", "B05"): ("S2_Red_Edge", 0),
    ("sentinel2_l2a", "B06"): ("S2_Red_Edge", 1),
    ("sentinel2_l2a", "B07"): ("S2_Red_Edge", 2),
    ("sentinel2_l2a", "B08"): ("S2_NIR_10m", 0),
    ("sentinel2_l2a", "B8A"): ("S2_NIR_20m", 0),
    ("sentinel2_l2a", "B11"): ("S2_SWIR", 0),
    ("sentinel2_l2a", "B12"): ("S2_SWIR", 1),
}


def embedder(sensors=SENSORS, patch_size=4, **settings):
    config = EMBEDDERS.get("galileo")(**{"random_init": True, **settings})
    return build(config, None, ModelInputs(sensors=sensors, patch_size=patch_size))


def spiked(window, sensor, band):
    values = window.bands[sensor].copy()
    values[3, 2, 1, SENSORS[sensor].bands.index(band)] *= 2
    return evolve(window, bands={**window.bands, sensor: values})


def points():
    """Series of single pixels that the authors' code embedded, each with the month of its first date unknown."""
    with np.load(GOLDEN / "worldcereal_points_embeddings.npz") as file:
        stored = {name: file[name] for name in file.files}
    spec = SENSORS["sentinel2_l2a"]
    windows = []
    for number, row in enumerate(stored["raw_s1_s2"]):
        optical = np.full((1, 1, 12, len(spec.bands)), NODATA, np.float32)
        optical[..., [spec.bands.index(band) for band in POINTS_BANDS]] = row[:120].reshape(12, 10)
        bands = {"sentinel2_l2a": optical, "sentinel1": row[120:].reshape(1, 1, 12, 2)}
        windows.append(evolve(sample(number, side=1, dates=12), bands=bands))
    return windows, stored


def beginning_in(month, window):
    dates = window.timestamps.copy()
    dates[:, 1] = (month + np.arange(len(dates))) % 12
    return evolve(window, timestamps=dates)


@needs_real_data
@pytest.mark.parametrize(("key", "names"), [("galileo_s1_s2", SENSORS.names), ("galileo_s2", ("sentinel2_l2a",))])
def test_real_points_get_the_vectors_of_the_authors_code_in_one_month_alone(key, names):
    windows, stored = points()
    galileo = embedder(SensorSet.of(names), 1, random_init=False, weights=str(WEIGHTS))
    every = [galileo.pooled([beginning_in(month, window) for window in windows]) for month in range(12)]
    off = np.abs(np.stack(every) - stored[key]).max(axis=2)

    assert off.min(axis=0).max() < 1e-4
    assert ((off < 1e-3).sum(axis=0) == 1).all()


@needs_real_data
def test_swapped_polarisations_and_other_units_are_seen_in_the_vectors_of_real_points():
    windows, _ = points()
    galileo = embedder(patch_size=1, random_init=False, weights=str(WEIGHTS))
    right = galileo.pooled(windows)
    radar = [window.bands["sentinel1"] for window in windows]
    for wrong in ([values[..., ::-1] for values in radar], [values * 0.9 for values in radar]):
        changed = [
            evolve(window, bands={**window.bands, "sentinel1": values})
            for window, values in zip(windows, wrong, strict=True)
        ]
        assert np.abs(galileo.pooled(changed) - right).max() > 1e-2


@pytest.mark.parametrize(("sensor", "band"), GROUP_AND_CHANNEL)
def test_a_spike_in_one_band_moves_its_group_and_channel_alone(sensor, band):
    read = embedder().reader
    before, after = read([sample()]), read([spiked(sample(), sensor, band)])
    moved = {
        (name, int(channel))
        for name in before.values
        for channel in np.flatnonzero((before.values[name] != after.values[name]).flatten(0, 3).any(0))
    }
    assert moved == {GROUP_AND_CHANNEL[sensor, band]}
    assert np.abs(embedder().pooled([sample()]) - embedder().pooled([spiked(sample(), sensor, band)])).max() > 1e-6


def test_bands_that_galileo_does_not_know_move_nothing():
    for band in ("B01", "B09"):
        changed = spiked(sample(), "sentinel2_l2a", band)
        np.testing.assert_array_equal(embedder().pooled([changed]), embedder().pooled([sample()]))


def test_values_are_scaled_by_galileos_statistics():
    flat = sample()
    flat.bands["sentinel1"][..., 0] = -11.728724389184965 + 2 * 4.887145774840316
    flat.bands["sentinel2_l2a"] = np.full(flat.bands["sentinel2_l2a"].shape, 1395.3408730676722, np.float32)
    read = embedder().reader([flat])

    torch.testing.assert_close(read.values["S1"][..., 0], torch.ones(1, 8, 8, 5))
    torch.testing.assert_close(read.values["S2_RGB"][..., 0], torch.full((1, 8, 8, 5), 0.5))


def test_the_order_of_bands_is_by_name():
    spec = SENSORS["sentinel2_l2a"]
    groups = tuple(evolve(group, bands=group.bands[::-1]) for group in reversed(spec.band_groups))
    turned = evolve(spec, band_groups=groups)
    sensors = SensorSet((turned, SENSORS["sentinel1"]))
    order = [spec.bands.index(band) for band in turned.bands]
    bands = {**sample().bands, spec.name: sample().bands[spec.name][..., order]}

    np.testing.assert_array_equal(
        embedder(sensors).pooled([evolve(sample(), bands=bands)]), embedder().pooled([sample()])
    )


@pytest.mark.parametrize("patch_size", range(1, 9))
def test_patches_of_every_size_are_embedded(patch_size):
    windows = [sample(seed, side=2 * patch_size, dates=2) for seed in range(2)]
    grid = embedder(patch_size=patch_size).grid(windows)

    assert grid.shape == (2, 2, 2, 128) and np.isfinite(grid).all()
    np.testing.assert_allclose(grid.mean((1, 2)), embedder(patch_size=patch_size).pooled(windows), atol=1e-5)


def test_the_patch_size_is_a_setting_and_single_pixels_are_patches():
    config = EMBEDDERS.get("galileo")(random_init=True, patch_size=2)
    assert config.takes(None, 4).patch_size == 2
    own = build(config, None, ModelInputs(sensors=SENSORS, patch_size=4))
    assert own.grid([sample()]).shape == (1, 4, 4, 128)
    assert embedder(patch_size=4).grid([sample(side=1)]).shape == (1, 1, 1, 128)


def test_a_batch_of_one_is_a_batch_of_many(monkeypatch):
    windows = [sample(seed, dates=5 if seed else 3) for seed in range(4)]
    del windows[1].bands["sentinel1"], windows[1].present["sentinel1"]
    windows[2].bands["sentinel2_l2a"] = windows[2].bands["sentinel2_l2a"][:, :, [0, 3]]
    windows[2].present["sentinel2_l2a"] = np.array([True, False, False, True, False])
    galileo = embedder()
    alone = np.concatenate([galileo.pooled([window]) for window in windows])

    np.testing.assert_allclose(galileo.pooled(windows), alone, atol=1e-5)
    monkeypatch.setattr("spacenit_galileo.embedder.MOST_TOKENS", 500)
    many = galileo.grid(windows * 3)
    np.testing.assert_allclose(many[:4], np.concatenate([galileo.grid([window]) for window in windows]), atol=1e-5)
    np.testing.assert_allclose(many[-4:], many[:4], atol=1e-5)


def test_what_is_absent_is_not_zeros():
    whole, galileo = sample(), embedder()
    without = evolve(whole, bands={"sentinel2_l2a": whole.bands["sentinel2_l2a"]})
    nodata = {**whole.bands, "sentinel1": np.full_like(whole.bands["sentinel1"], NODATA)}
    mean = {**whole.bands, "sentinel1": np.full_like(whole.bands["sentinel1"], -21.5)}
    alone = embedder(SensorSet.of(["sentinel2_l2a"])).pooled([without])

    np.testing.assert_allclose(galileo.pooled([without]), alone, atol=1e-6)
    np.testing.assert_allclose(galileo.pooled([evolve(whole, bands=nodata)]), alone, atol=1e-6)
    assert np.abs(galileo.pooled([evolve(whole, bands=mean)]) - alone).max() > 1e-3


def test_a_missing_pixel_takes_its_patch_and_group_along_and_a_missing_band_its_group():
    window = sample()
    window.bands["sentinel2_l2a"] = window.bands["sentinel2_l2a"].astype(np.float32)
    window.bands["sentinel2_l2a"][5, 1, 2, SENSORS["sentinel2_l2a"].bands.index("B06")] = NODATA
    seen = embedder().reader([window]).seen
    assert [name for name in seen if not seen[name].all()] == ["S2_Red_Edge"]
    assert (~seen["S2_Red_Edge"]).nonzero().tolist() == [[0, 1, 0, 2]]

    spec = SENSORS["sentinel2_l2a"]
    kept = tuple(tuple(band for band in group.bands if band != "B8A") for group in spec.band_groups)
    without = SensorSet((evolve(spec, regrouped=kept), SENSORS["sentinel1"]))
    assert "S2_NIR_20m" not in embedder(without).reader([sample()]).values


def test_a_sample_without_anything_is_no_vector():
    nothing = SampleWindow(
        index=0, bands={}, present={}, timestamps=sample().timestamps, latlon=np.zeros(2, np.float32)
    )
    galileo = embedder()
    found = galileo.pooled([sample(), nothing])
    assert np.isfinite(found[0]).all() and np.isnan(found[1]).all()
    np.testing.assert_allclose(found[:1], galileo.pooled([sample()]), atol=1e-5)


def test_months_and_the_size_of_cells_count():
    galileo = embedder()
    moved = galileo.pooled([sample(first_month=9)]) - galileo.pooled([sample()])
    assert np.abs(moved).max() > 1e-3
    coarse = SensorSet(tuple(evolve(spec, grid_gsd=20.0) for spec in SENSORS))
    assert np.abs(embedder(coarse).pooled([sample()]) - galileo.pooled([sample()])).max() > 1e-3


def test_the_vegetation_index_is_asked_for():
    read = embedder(ndvi=True).reader([sample()])
    spec, values = SENSORS["sentinel2_l2a"], sample().bands["sentinel2_l2a"].astype(np.float64)
    red, infrared = (values[..., [spec.bands.index(band)]] for band in ("B04", "B08"))

    np.testing.assert_allclose(read.values["NDVI"][0], (infrared - red) / (infrared + red), rtol=1e-5)
    assert "NDVI" not in embedder().reader([sample()]).values


def test_random_weights_are_drawn_from_the_seed_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first, again, other = (embedder(seed=seed).pooled([sample()]) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-2


def test_it_can_be_trained_further():
    galileo = embedder()
    assert isinstance(galileo, Trainable)
    module = galileo.trainable()
    tokens = module([sample()])
    np.testing.assert_allclose(tokens.detach().numpy(), galileo.grid([sample()]), atol=1e-6)
    tokens.square().mean().backward()
    used = [p for n, p in module.named_parameters() if n.startswith(("encoder.blocks", "encoder.norm"))]
    assert used and all(parameter.grad is not None for parameter in used)
    assert not any(parameter.requires_grad for parameter in galileo.encoder.parameters())


def test_patches_that_hold_nothing_have_no_gradient():
    window = sample(side=8)
    window = evolve(window, bands={name: values.astype(np.float32) for name, values in window.bands.items()})
    for values in window.bands.values():
        values[4:, 4:] = NODATA
    model = embedder().trainable()
    patches = model([window])
    assert patches.isnan().any(dim=-1).sum() == 1
    torch.where(patches.isnan(), 0.0, patches).square().sum().backward()
    assert all(one.grad.isfinite().all() for one in model.parameters() if one.grad is not None)
