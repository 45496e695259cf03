"""Patch embeddings with layers for pixels, band groups and band dropout, also against OlmoEarth Pretrain.

The golden file is made by goldens/make_patch_embedding.py.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.func import functional_call

from spacenit_core.errors import UserError
from spacenit_core.nn import patch_embedding
from spacenit_core.nn.band_dropout import BandDropout, enable_band_dropout
from spacenit_core.nn.encoder import Encoder
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.patch_embedding import PatchEmbedding
from spacenit_core.nn.patches import Patches
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import ENCODE, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet

GOLDEN = Path(__file__).parent / "goldens" / "patch_embedding.npz"
SAMPLES, SIZE = 2, 16
S2 = ("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09")
SINGLE = {"sentinel2_l2a": [S2], "landsat": [("B8", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B9", "B10", "B11")]}
MIXED = {"sentinel2_l2a": [["B12", "B02", "B05"], ["B09", "B08"]], "sentinel1": [["vh", "vv"]]}
VARIANTS: dict[str, tuple[Any, ...]] = {
    "conv": ({}, ["sentinel2_l2a", "worldcover", "era5_10", "latlon"], {}),
    "linear": (SINGLE, ["sentinel2_l2a", "landsat"], {}),
    "hidden": (SINGLE, ["sentinel2_l2a", "landsat", "srtm", "era5_10"], {"pixel_sizes": [4]}),
    "deep": (
        MIXED,
        ["sentinel2_l2a", "sentinel1", "latlon"],
        {"pixel_sizes": [6, 3], "post_sizes": [12, SIZE]},
    ),
}


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def noise(shape: Any, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(tuple(shape), dtype=np.float32))


def window(names: list[str], sensors: SensorSet, patch: int, side: int, steps: int) -> Batch:
    """The golden script's images."""
    rng = np.random.default_rng(100 * patch + side)
    pixels = {}
    for name in names:
        shape = (SAMPLES, *sensors[name].shape(side * patch, side * patch, steps))
        pixels[name] = torch.from_numpy(rng.random(shape, dtype=np.float32))
    layout = TokenLayout.of(sensors, rows=side, columns=side, timesteps=steps, patch_size=patch)
    return Batch(
        pixels=pixels,
        timestamps=torch.ones(SAMPLES, steps, 3, dtype=torch.int64),
        layout=layout,
        visibility=torch.full((1, SAMPLES, len(layout)), ENCODE, dtype=torch.uint8),
    )


def ours(name: str, weight: torch.Tensor, variant: str) -> tuple[str, torch.Tensor]:
    """Our name of a weight, and our shape of it."""
    key, part = name.split(".")[2:4]
    if part in ("pixel_proj", "post_proj"):
        return f"{part.removesuffix('proj')}projections.{key}.{'.'.join(name.split('.')[4:])}", weight
    if weight.ndim == 4:
        weight = weight.flatten(1)
    elif part == "proj" and weight.ndim == 2 and variant == "linear":
        weight = weight.unflatten(1, (64, -1)).transpose(1, 2).flatten(1)
    return f"projections.{key}.{name.rpartition('.')[2]}", weight


@pytest.mark.parametrize(("patch", "side", "steps"), [(1, 3, 1), (3, 2, 2), (4, 2, 1), (8, 1, 2)])
@pytest.mark.parametrize("variant", VARIANTS)
def test_tokens_and_gradients_are_the_oracles(
    golden: dict[str, np.ndarray], variant: str, patch: int, side: int, steps: int
) -> None:
    groups, names, options = VARIANTS[variant]
    sensors = SensorSet.of(names, band_groups=groups)
    module = PatchEmbedding(sensors, SIZE, 8, **options)
    shapes = json.loads(str(golden[f"{variant}/weights"]))
    theirs = [
        (name, (0.05 * noise(shape, 1000 + number)).requires_grad_()) for number, (name, shape) in enumerate(shapes)
    ]
    weights = dict(ours(name, weight, variant) for name, weight in theirs)
    assert {name: weight.shape for name, weight in weights.items()} == {
        name: parameter.shape for name, parameter in module.named_parameters()
    }
    batch = window(names, sensors, patch, side, steps)
    everything = torch.ones(SAMPLES, len(batch.layout), dtype=torch.bool)
    embedded = functional_call(module, weights, (Patches(batch, 8), everything))
    tokens = embedded.take(*everything.nonzero().unbind(1)).view(SAMPLES, -1, SIZE)
    # The script has the sensors in the order in which they are listed there.
    tokens = torch.cat([tokens[:, batch.layout[name].tokens] for name in names], dim=1)
    expected = torch.from_numpy(golden[f"{variant}/case{patch}/tokens"])
    torch.testing.assert_close(tokens, expected, rtol=1e-5, atol=1e-5)

    (tokens * noise(tokens.shape, 0)).sum().backward()
    for number, ((name, weight), (product, square)) in enumerate(
        zip(theirs, golden[f"{variant}/case{patch}/gradients"], strict=True)
    ):
        grad = weight.grad
        assert grad is not None
        scale = float(square) ** 0.5
        assert (grad * noise(grad.shape, number)).sum().item() == pytest.approx(float(product), abs=1e-4 * scale), name
        assert grad.square().sum().item() == pytest.approx(float(square), rel=1e-4), name


def test_bands_in_no_group_do_not_matter() -> None:
    sensors = SensorSet.of(["sentinel2_l2a"], band_groups={"sentinel2_l2a": [["B08", "B02"]]})
    torch.manual_seed(0)
    module = PatchEmbedding(sensors, SIZE, 4, pixel_sizes=[8])
    batch = window(["sentinel2_l2a"], sensors, 2, 2, 1)
    everything = torch.ones(SAMPLES, len(batch.layout), dtype=torch.bool)
    before = module(Patches(batch, 4), everything).values
    used = [S2.index("B08"), S2.index("B02")]
    for band in range(len(S2)):
        changed = Batch(**{name: getattr(batch, name) for name in ("timestamps", "layout", "visibility")}, pixels={})
        changed.pixels["sentinel2_l2a"] = batch.pixels["sentinel2_l2a"].clone()
        changed.pixels["sentinel2_l2a"][..., band] += 1
        assert torch.equal(before, module(Patches(changed, 4), everything).values) == (band not in used)


def test_other_band_groups_than_the_models_are_refused() -> None:
    module = PatchEmbedding(SensorSet.of(["sentinel1"]), SIZE, 4)
    batch = window(["sentinel1"], SensorSet.of(["sentinel1"], band_groups={"sentinel1": [["vv"], ["vh"]]}), 2, 2, 1)
    everything = torch.ones(SAMPLES, len(batch.layout), dtype=torch.bool)
    with pytest.raises(UserError, match=r"'sentinel1': \[\[vv,vh\]\], not \[\[vv\],\[vh\]\]"):
        module(Patches(batch, 4), everything)


def test_only_wanted_tokens_are_embedded() -> None:
    sensors = SensorSet.of(["sentinel2_l2a", "srtm"])
    module = PatchEmbedding(sensors, SIZE, 4, pixel_sizes=[3])
    batch = window(["sentinel2_l2a", "srtm"], sensors, 2, 2, 3)
    wanted = torch.rand(2, SAMPLES, len(batch.layout), generator=torch.Generator().manual_seed(0)) < 0.3
    embedded = module(Patches(batch, 4), wanted)
    assert len(embedded.values) == wanted.any(0).sum()


def test_tokens_are_the_same_with_and_without_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch_embedding, "PATCHES_AT_A_TIME", 5)
    sensors = SensorSet.of(["sentinel2_l2a", "srtm"])
    module = PatchEmbedding(sensors, SIZE, 4, pixel_sizes=[3])
    batch = window(["sentinel2_l2a", "srtm"], sensors, 2, 2, 3)
    wanted = torch.ones(SAMPLES, len(batch.layout), dtype=torch.bool)
    kept = {("sentinel2_l2a", 1): torch.rand(SAMPLES, 6) < 0.5}
    values = module(Patches(batch, 4), wanted, kept).values
    with torch.no_grad():
        torch.testing.assert_close(module(Patches(batch, 4), wanted, kept).values, values)


def test_layers_of_sensors_that_are_not_wanted_have_a_gradient_of_zeros() -> None:
    sensors = SensorSet.of(["sentinel2_l2a", "srtm"], band_groups={"sentinel2_l2a": [["B08", "B02"]]})
    module = PatchEmbedding(sensors, SIZE, 4, pixel_sizes=[3], post_sizes=[SIZE])
    batch = window(["sentinel2_l2a", "srtm"], sensors, 2, 2, 1)
    wanted = torch.zeros(SAMPLES, len(batch.layout), dtype=torch.bool)
    wanted[:, batch.layout["srtm"].tokens] = True
    module(Patches(batch, 4), wanted).values.sum().backward()
    gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
    assert all(grad is not None for grad in gradients.values())
    assert not any(grad.any() for name, grad in gradients.items() if "sentinel2" in name and grad is not None)


@pytest.mark.parametrize("kind", ["fixed", "random"])
@pytest.mark.parametrize("rate", [0.2, 0.6, 1.0])
@pytest.mark.parametrize("bands", [2, 3, 12])
def test_bands_are_dropped_as_often_as_by_the_oracle(
    golden: dict[str, np.ndarray], bands: int, rate: float, kind: str
) -> None:
    groups = {"sentinel2_l2a": [S2[:bands]]}
    sensors = SensorSet.of(["sentinel2_l2a"], band_groups=groups)
    dropout = BandDropout(rate, random=kind == "random", names=None, sensors=sensors)
    enable_band_dropout(dropout)
    layout = TokenLayout.of(sensors, rows=1, columns=1, timesteps=1, patch_size=1)
    torch.manual_seed(0)
    # One rate for each view, if it is random.
    kept = dropout(layout, 400, 100, torch.device("cpu"))["sentinel2_l2a", 0]
    assert kept.shape == (40000, bands) and kept.any(1).all()
    shares = torch.bincount((~kept).sum(1), minlength=bands + 1) / len(kept)
    # Both sides drew 40000 times; with random rates, the 400 rates have an error of their own.
    tolerance = 0.015 if kind == "fixed" else 0.06
    np.testing.assert_allclose(shares.numpy(), golden[f"dropout/{kind}/{bands}/{rate}"], atol=tolerance)
    # Each band is as likely as the others, also where one is kept of all.
    assert kept.float().mean(0).std() < 0.01


def encoder(**options: Any) -> Encoder:
    sensors = SensorSet.of(["sentinel2_l2a", "sentinel1", "srtm", "latlon"], band_groups=MIXED)
    torch.manual_seed(0)
    sizes = {"embedding_size": SIZE, "depth": 1, "num_heads": 2, "max_patch_size": 4, "drop_path": 0.0}
    return OlmoEarthEncoderConfig(**sizes, band_dropout_rate=0.9, **options).build(sensors)


def tokens_of(model: Encoder, views: int = 2, seed: int = 0) -> dict[str, torch.Tensor]:
    names = ["sentinel2_l2a", "sentinel1", "srtm", "latlon"]
    batch = window(names, model.sensors, 2, 2, 2)
    visibility = batch.visibility.repeat(views, 1, 1)
    torch.manual_seed(seed)
    kept = model.band_dropout(batch.layout, views, SAMPLES, torch.device("cpu"))
    embedded = model.patch_embedding(model.patches(batch), visibility == ENCODE, kept)
    sequence, position = (visibility == ENCODE).flatten(0, 1).nonzero().unbind(1)
    values = embedded.take(sequence, position).view(views, SAMPLES, len(batch.layout), -1)
    return {name: values[:, :, batch.layout[name].tokens] for name in names}


def test_bands_are_dropped_only_where_it_is_asked_for() -> None:
    model = encoder(band_dropout_modalities=["SENTINEL2_L2A", "srtm"])
    assert not model.band_dropout.enabled
    plain = tokens_of(model)
    enable_band_dropout(model)
    assert all(torch.equal(value, plain[name]) for name, value in tokens_of(model.eval()).items())
    model.train()
    dropped = tokens_of(model)
    assert not torch.equal(dropped["sentinel2_l2a"], plain["sentinel2_l2a"])
    # One band is kept, and a sensor that is not named keeps all.
    assert all(torch.equal(dropped[name], plain[name]) for name in ("sentinel1", "srtm", "latlon"))
    # Views, samples and groups have draws of their own; the patches and months of a sample have one.
    difference = (dropped["sentinel2_l2a"] - plain["sentinel2_l2a"]).unflatten(2, (-1, 2))
    assert not torch.equal(difference[0], difference[1])
    assert all(torch.equal(dropped[name], value) for name, value in tokens_of(model).items())
    assert not torch.equal(dropped["sentinel2_l2a"], tokens_of(model, seed=1)["sentinel2_l2a"])


def test_dropped_bands_are_zeros() -> None:
    model = encoder(patch_embed_hidden_sizes=[3], random_band_dropout=True)
    enable_band_dropout(model)
    batch = window(["sentinel2_l2a", "sentinel1", "srtm", "latlon"], model.sensors, 2, 2, 2)
    wanted = batch.visibility[0] == ENCODE
    torch.manual_seed(0)
    kept = model.band_dropout(batch.layout, 1, SAMPLES, torch.device("cpu"))
    assert {name: tuple(bands.shape) for name, bands in kept.items()} == {
        ("sentinel2_l2a", 0): (2, 3),
        ("sentinel2_l2a", 1): (2, 2),
        ("sentinel1", 0): (2, 2),
        ("latlon", 0): (2, 2),
    }
    for (name, group), bands in kept.items():
        bands[:] = True
        bands[1, 0] = False
        channel = model.sensors[name].group_channels[group][0]
        batch.pixels[name][1, ..., channel] = 0
    # The images already have zeros where the bands are dropped.
    with_kept = model.patch_embedding(model.patches(batch), wanted, kept).values
    torch.testing.assert_close(with_kept, model.patch_embedding(model.patches(batch), wanted).values)


def test_dropping_bands_keeps_what_is_not_encoded_out() -> None:
    model = encoder()
    enable_band_dropout(model)
    batch = window(["sentinel2_l2a", "sentinel1", "srtm", "latlon"], model.sensors, 2, 2, 2)
    visibility = batch.visibility.repeat(2, 1, 1)
    visibility[1, 0, :20] = TARGET_ONLY
    encoded = model(batch, visibility)
    assert torch.equal(encoded.dense(batch.layout).any(-1), (visibility == ENCODE).flatten(0, 1))


def test_the_target_of_a_model_never_drops_bands() -> None:
    from spacenit_core.models.latent_mim.config import LatentMIMConfig

    config = OlmoEarthEncoderConfig(embedding_size=32, depth=1, num_heads=2, band_dropout_rate=0.9)
    model = LatentMIMConfig(encoder=config).build(SensorSet.of(["sentinel1"]))
    enable_band_dropout(model.encoder)
    assert [module.enabled for module in model.encoder.modules() if isinstance(module, BandDropout)] == [True]
    assert not any(module.enabled for module in model.target.modules() if isinstance(module, BandDropout))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patch_embed_hidden_sizes": [8], "use_linear_patch_embed": False}, "needs use_linear_patch_embed"),
        ({"post_proj_hidden_sizes": [8]}, "must end in embedding_size"),
        ({"patch_embed_hidden_sizes": [0]}, "widths from 1 upwards"),
        ({"band_dropout_rate": 1.5}, "between 0 and 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OlmoEarthEncoderConfig(**options)


@pytest.mark.parametrize(
    ("width", "depth", "heads", "hidden", "count"),
    [(128, 4, 8, 12, 1_697_328), (192, 12, 3, 64, 12_461_296), (768, 12, 12, 64, 113_973_952)],
)
def test_encoders_of_the_second_release_have_its_parameter_counts(
    width: int, depth: int, heads: int, hidden: int, count: int
) -> None:
    maps = ["worldcover", "srtm", "openstreetmap_raster", "wri_canopy_height_map", "cdl", "worldcereal"]
    sensors = SensorSet.of(["sentinel2_l2a", "sentinel1", "landsat", *maps], band_groups=SINGLE)
    config = OlmoEarthEncoderConfig(
        embedding_size=width, depth=depth, num_heads=heads, patch_embed_hidden_sizes=(hidden,)
    )
    with torch.device("meta"):
        model = config.build(sensors)
    # The reference counts its frozen month table, 12 rows of a quarter of the width.
    assert sum(parameter.numel() for parameter in model.parameters()) == count - 12 * width // 4


def test_values_without_a_grid_begin_as_the_transformers_layers_do() -> None:
    torch.manual_seed(0)
    module = PatchEmbedding(SensorSet.of(["era5_10", "srtm"]), 64, 8, pixel_sizes=[5], post_sizes=[64])
    weights = dict(module.named_parameters())
    bounds = {
        "projections.era5_10__0.weight": (6 / (6 + 64)) ** 0.5,
        "projections.srtm__0.weight": (5 * 64) ** -0.5,
        "pixel_projections.srtm__0.0.weight": 1.0,
        "post_projections.srtm__0.1.weight": 64**-0.5,
    }
    for name, bound in bounds.items():
        assert 0.5 * bound < weights[name].abs().max() <= bound, name
    assert not weights["projections.era5_10__0.bias"].any()
    assert not hasattr(module.pixel_projections, "era5_10__0")
