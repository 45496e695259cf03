"""From stored numbers to pictures, and from these to vectors."""

import numpy as np
import pytest
import timm
import torch
from attrs import evolve

from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS, Trainable
from spacenit_core.nn import image_embedder
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_dinov3.models import NETWORKS
from spacenit_dinov3.reader import size_of

from .conftest import SENSORS, SMALL, sample

pytestmark = pytest.mark.usefixtures("small")


def embedder(sensors=SENSORS, **settings):
    config = EMBEDDERS.get("dinov3")(**{"random_init": True, "side": 32, **settings})
    return build(config, None, ModelInputs(sensors=sensors, patch_size=4))


def flat(value):
    """One date of one pixel that holds the same number in all bands."""
    window = sample(side=1, dates=1)
    window.bands["sentinel2_l2a"] = np.full((1, 1, 1, 12), value, np.float32)
    return window


@pytest.mark.parametrize(
    ("flavour", "mean", "deviation"),
    [
        ("web", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ("satellite", (0.430, 0.411, 0.296), (0.213, 0.156, 0.143)),
    ],
)
def test_numbers_become_bytes_and_then_deviations(flavour, mean, deviation):
    read = embedder(flavour=flavour, size="vitl16").reader
    for value, byte in ((0.0, 0), (3558.0, 255), (20_000.0, 255), (1000.0, 71), (1395.0, 99), (1396.0, 100)):
        found = read([flat(value) if value else spread_with_zero()]).tensors["images"]
        expected = (byte / 255 - np.array(mean)) / np.array(deviation)
        np.testing.assert_allclose(found[0, :, 0, 0], expected, rtol=1e-5)


def spread_with_zero():
    """Dark in red, green and blue alone: zeros in all bands are no pixel."""
    window = flat(1000.0)
    spec = SENSORS["sentinel2_l2a"]
    window.bands["sentinel2_l2a"][..., [spec.bands.index(band) for band in spec.rgb]] = 0
    return window


def test_landsat_has_the_same_reflectances_and_other_ranges_are_settings():
    landsat = SensorSet.of(["landsat"])
    window = sample(side=1, dates=1, sensors=landsat)
    window.bands["landsat"] = np.full((1, 1, 1, 11), (0.1000 + 0.1) / 2e-5, np.float32)
    ours, theirs = embedder().reader([flat(1000.0)]), embedder(landsat).reader([window])
    torch.testing.assert_close(ours.tensors["images"], theirs.tensors["images"])
    low = embedder(low=500, high=1500).reader([flat(1000.0)]).tensors["images"]
    np.testing.assert_allclose(low[0, 0, 0, 0], (127 / 255 - 0.485) / 0.229, rtol=1e-5)


def test_pictures_of_8_bit_are_taken_as_they_are_and_what_has_no_range_is_not():
    aerial = evolve(
        SENSORS["sentinel2_l2a"], name="aerial", units="8-bit number", value_range=(0.0, 255.0), normalization=None
    )
    window = flat(0.0)
    window.bands = {"aerial": np.full((1, 1, 1, 12), 51, np.uint8)}
    window.present = {"aerial": np.ones(1, bool)}
    images = embedder(SensorSet((aerial,))).reader([window]).tensors["images"]
    np.testing.assert_allclose(images[0, 0, 0, 0], (0.2 - 0.485) / 0.229, rtol=1e-5)
    radiance = SensorSet((evolve(aerial, units="radiance"),))
    with pytest.raises(UserError, match=r"not aerial\n.*give low and high"):
        embedder(radiance)
    assert embedder(radiance, low=0, high=100).reader.high == 100


def test_statistics_of_a_data_set_fill_the_range_that_it_sees():
    taken = EMBEDDERS.get("dinov3")().takes(None, 4)
    scale, offset = taken.sensors["sentinel2_l2a"].normalization.scale_and_offset()
    np.testing.assert_allclose((0 - offset) / scale, 0, atol=1e-9)
    np.testing.assert_allclose((1 - offset) / scale, 3558)
    assert EMBEDDERS.get("dinov3")(sensor=None).takes(None, 4) is None


def test_vectors_are_those_of_timm_called_by_hand():
    dino = embedder()
    torch.manual_seed(1)
    # Scales begin near 0, where blocks do not count.
    model = timm.create_model(NETWORKS["vitb16"].timm, num_classes=0, init_values=1.0, **SMALL).eval()
    dino.network.model.load_state_dict(model.state_dict())
    window = sample()
    spec = SENSORS["sentinel2_l2a"]
    rgb = window.bands["sentinel2_l2a"][..., [spec.bands.index(band) for band in ("B04", "B03", "B02")]]
    stretched = np.clip(rgb / 3558.0 * 255, 0, 255).astype(np.uint8) / 255.0
    normal = (stretched - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    pictures = torch.from_numpy(normal.transpose(2, 3, 0, 1).astype(np.float32))
    with torch.inference_mode():
        tokens = model.forward_features(pictures).numpy()

    np.testing.assert_allclose(dino.grid([window])[0], tokens[:, 5:].mean(0).reshape(2, 2, 32), atol=1e-5)
    np.testing.assert_allclose(dino.pooled([window])[0], tokens[:, 5:].mean((0, 1)), atol=1e-5)
    for settings, expected in (
        ({"pooled_by": "cls"}, tokens[:, 0].mean(0)),
        ({"pooled_by": "cls", "over_time": "max"}, tokens[:, 0].max(0)),
        ({"over_time": "max"}, tokens[:, 5:].mean(1).max(0)),
    ):
        other = embedder(**settings)
        other.network.model.load_state_dict(model.state_dict())
        np.testing.assert_allclose(other.pooled([window])[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("pixels", "side", "expected"),
    [
        ((1, 1), None, (16, 16)),
        ((32, 32), None, (256, 256)),
        ((256, 256), None, (256, 256)),
        ((512, 512), None, (512, 512)),
        ((332, 332), None, (336, 336)),
        ((128, 64), None, (256, 128)),
        ((64, 64), 224, (224, 224)),
        ((1, 1), 224, (16, 16)),
    ],
)
def test_pictures_are_resized_to_whole_patches(pixels, side, expected):
    assert size_of(pixels, side) == expected


def test_what_is_unknown_is_grey_and_patches_of_nothing_are_none():
    window = sample(dates=1)
    window.bands["sentinel2_l2a"] = window.bands["sentinel2_l2a"].astype(np.float32)
    window.bands["sentinel2_l2a"][:16, :16] = NODATA
    dino = embedder()
    assert (dino.reader([window]).tensors["images"][0, :, :16, :16] == 0).all()
    grid = dino.grid([window])[0]
    assert np.isnan(grid[0, 0]).all() and np.isfinite(grid[1, 1]).all()
    np.testing.assert_allclose(dino.pooled([window])[0], np.nanmean(grid, axis=(0, 1)), atol=1e-5)


def test_a_date_without_anything_counts_in_no_mean():
    window = sample(dates=2)
    window.bands["sentinel2_l2a"] = window.bands["sentinel2_l2a"].astype(np.float32)
    first = evolve(
        window, bands={"sentinel2_l2a": window.bands["sentinel2_l2a"][:, :, :1]}, timestamps=window.timestamps[:1]
    )
    first = evolve(first, present={"sentinel2_l2a": np.ones(1, bool)})
    window.bands["sentinel2_l2a"][:, :, 1] = NODATA
    np.testing.assert_allclose(embedder().pooled([window]), embedder().pooled([first]), atol=1e-6)


def test_memory_does_not_grow_with_samples_and_dates(monkeypatch):
    windows = [sample(seed, dates=3) for seed in range(5)]
    whole, whole_grid = embedder().pooled(windows), embedder().grid(windows)
    monkeypatch.setattr(image_embedder, "IMAGES_AT_A_TIME", 4)
    monkeypatch.setattr(image_embedder, "MOST_NUMBERS", 2 * 3 * 32 * 32)
    dino, read, encoded = embedder(), [], []
    reader, forward = dino.reader, dino.network.forward
    dino.reader = lambda samples: (read.append(len(samples)), reader(samples))[1]
    dino.network.forward = lambda images: (encoded.append(len(images)), forward(images))[1]

    np.testing.assert_allclose(dino.pooled(windows), whole, atol=1e-5)
    np.testing.assert_allclose(dino.grid(windows), whole_grid, atol=1e-5)
    assert max(read) == 1 and max(encoded) == 2
    with pytest.raises(UserError, match="differ in size"):
        embedder(side=None).grid([sample(side=32, dates=4), sample(side=272, dates=4)])


def test_what_it_cannot_take_is_refused():
    with pytest.raises(UserError, match="of sentinel2_l2a, sentinel2, landsat, naip, naip_10, not sentinel1"):
        embedder(SensorSet.of(["sentinel2_l2a", "sentinel1"]))
    both = SensorSet.of(["sentinel2_l2a", "sentinel1"])
    np.testing.assert_array_equal(embedder(both, leave_out=True).pooled([sample()]), embedder().pooled([sample()]))
    with pytest.raises(UserError, match="takes one sensor, not sentinel2_l2a, landsat"):
        embedder(SensorSet.of(["sentinel2_l2a", "landsat"]))
    with pytest.raises(UserError, match="not sentinel1"):
        embedder(SensorSet.of(["sentinel1"]), leave_out=True)
    with pytest.raises(UserError, match="low has to lie below high"):
        embedder(low=5000)
    with pytest.raises(UserError, match="no satellite weights of dinov3 vitb16\n  those of vitl16, vit7b16"):
        embedder(flavour="satellite")
    with pytest.raises(ValueError, match="whole patches of 16 pixels"):
        EMBEDDERS.get("dinov3")(side=100)


def test_it_can_be_trained_further():
    dino = embedder()
    assert isinstance(dino, Trainable)
    module = dino.trainable()
    tokens = module([sample()])
    np.testing.assert_allclose(tokens.detach().numpy(), dino.grid([sample()]), atol=1e-6)
    tokens.square().mean().backward()
    assert all(parameter.grad is not None for parameter in module.network.model.blocks.parameters())


def test_its_facts_are_told_without_timm_and_without_weights(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    monkeypatch.delenv("DINOV3_CHECKPOINT_DIR", raising=False)
    config = EMBEDDERS.get("dinov3")(size="vitl16", flavour="satellite")
    facts = config.facts(None, None)
    assert facts.sensors[0].bands == ("B04", "B03", "B02") and facts.parameters == 303_079_424
    assert "DINOv3 License" in facts.weights_licence and facts.sha256 == ""
    assert config.identity(None, ModelInputs(sensors=SENSORS, patch_size=4)) is None
