"""From tokens to pixels, against OlmoEarth Pretrain (see goldens/make_patch_embedding.py)."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.func import functional_call

from spacenit_core.nn.attention.config import PackedConfig
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor import PatchToPixels, Reconstructor
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE
from spacenit_core.sensors.selection import SensorSet

GOLDEN = Path(__file__).parent / "goldens" / "patch_embedding.npz"
NAMES = ["sentinel2_l2a", "sentinel1", "srtm"]
S2 = ("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09")
SAMPLES, SIZE = 2, 16
RENAMED = [
    (r"^per_modality_reconstructions\.\w+\.(\w+)\.proj\.", r"projections.\1."),
    (r"\.composite_encodings\.per_modality_channel_embeddings\.", ".encodings.channel."),
    (r"\.encoder_to_decoder_embed\.", ".input_projection."),
    (r"\.to_output_embed\.", ".output_projection."),
]


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return {k.removeprefix("reconstructor/"): v for k, v in arrays.items() if k.startswith("reconstructor/")}


def noise(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(tuple(shape), dtype=np.float32))


def build(sensors: SensorSet, **options: int) -> Reconstructor:
    decoder = PredictorConfig(embedding_size=SIZE, num_heads=2, depth=1, mlp_ratio=2.0)
    config = ReconstructorConfig(decoder=decoder, **options)
    return config.build(sensors, encoder_size=SIZE, max_timesteps=12, attention=PackedConfig())


def ours(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Our names and shapes of the oracle's weights."""
    out = {}
    for name, value in weights.items():
        for pattern, replacement in RENAMED:
            name = re.sub(pattern, replacement, name)
        out[name] = value.flatten(2).permute(1, 2, 0) if value.ndim == 4 else value
    for name in [name for name in out if ".attn.k." in name]:
        out[name.replace(".k.", ".kv.")] = torch.cat([out.pop(name), out.pop(name.replace(".k.", ".v."))])
    return out


@pytest.mark.parametrize("patch", [1, 4, 8])
def test_pixels_and_gradients_are_the_oracles(golden: dict[str, np.ndarray], patch: int) -> None:
    sensors = SensorSet.of(NAMES, band_groups={"sentinel2_l2a": [S2]})
    model = build(sensors)
    shapes = json.loads(str(golden["weights"]))
    theirs = {
        name: (0.1 * noise(shape, 1000 + number) + name.endswith("norm.weight")).requires_grad_()
        for number, (name, shape) in enumerate(shapes)
    }
    weights = ours(theirs)
    assert {name: weight.shape for name, weight in weights.items()} == {
        name: parameter.shape for name, parameter in model.named_parameters()
    }
    masks = {name: torch.from_numpy(golden[f"case{patch}/mask/{name}"]) for name in sensors.names}
    _, rows, columns, steps, _ = masks["sentinel2_l2a"].shape
    layout = TokenLayout.of(sensors, rows=rows, columns=columns, timesteps=steps, patch_size=patch)
    months = [[(1, (3 * row + step) % 12, 2020) for step in range(steps)] for row in range(SAMPLES)]
    visibility = torch.cat([masks[name].flatten(1) for name in sensors.names], dim=1)
    visibility = torch.where(visibility == 2, DECODE, torch.where(visibility == 0, ENCODE, 1)).to(torch.uint8)
    batch = Batch(pixels={}, timestamps=torch.tensor(months), layout=layout, visibility=visibility[None])
    tokens = {name: noise((*masks[name].shape, SIZE), 2000 + number) for number, name in enumerate(NAMES)}
    encoded = torch.cat([tokens[name].flatten(1, -2) for name in sensors.names], dim=1)
    encoded = EncodedTokens(encoded[visibility == ENCODE], TokenSelection(visibility == ENCODE))

    made = functional_call(model, weights, (batch, visibility, encoded))
    reconstruct_all = functional_call(model, weights, (batch, visibility, encoded), {"reconstruct_all": True})

    total = torch.zeros(())
    for number, name in enumerate(NAMES):
        expected = torch.from_numpy(golden[f"case{patch}/pixels/{name}"])
        decoded = masks[name].repeat_interleave(patch, 1).repeat_interleave(patch, 2) == 2
        torch.testing.assert_close(made[name], expected * decoded, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(reconstruct_all[name], expected, rtol=1e-5, atol=1e-5)
        total = total + (made[name] * noise(made[name].shape, number)).sum()
    total.backward()
    for number, ((name, weight), (product, square)) in enumerate(
        zip(theirs.items(), golden[f"case{patch}/gradients"], strict=True)
    ):
        grad, scale = weight.grad, max(float(square) ** 0.5, 1e-2)
        assert grad is not None
        assert (grad * noise(grad.shape, number)).sum().item() == pytest.approx(float(product), abs=1e-4 * scale), name
        assert grad.square().sum().item() == pytest.approx(float(square), rel=1e-3, abs=1e-6), name


def batch_of(sensors: SensorSet, views: int = 1) -> tuple[Batch, EncodedTokens]:
    layout = TokenLayout.of(sensors, rows=2, columns=3, timesteps=2, patch_size=2)
    rng = np.random.default_rng(0)
    visibility = torch.from_numpy(rng.choice([0, 1, 2], size=(views, SAMPLES, len(layout))).astype(np.uint8))
    pixels = {spec.name: torch.rand(SAMPLES, *spec.shape(4, 6, 2)) for spec in sensors}
    timestamps = torch.ones(SAMPLES, 2, 3, dtype=torch.int64)
    batch = Batch(pixels=pixels, timestamps=timestamps, layout=layout, visibility=visibility)
    selection = TokenSelection((visibility == ENCODE).flatten(0, 1))
    return batch, EncodedTokens(torch.rand(len(selection), SIZE), selection)


def test_pixels_have_the_shape_and_the_channels_of_the_batch() -> None:
    groups = {"sentinel2_l2a": [["B12", "B02"], ["B08"]]}
    sensors = SensorSet.of(["sentinel2_l2a", "era5_10", "latlon", "naip_10"], band_groups=groups)
    model = build(sensors, max_patch_size=4)
    batch, encoded = batch_of(sensors, views=2)
    made = model(batch, batch.visibility, encoded)
    assert {name: tuple(value.shape) for name, value in made.items()} == {
        name: (2 * SAMPLES, *value.shape[1:]) for name, value in batch.pixels.items()
    }
    block = batch.layout["sentinel2_l2a"]
    decoded = (batch.visibility == DECODE).flatten(0, 1)[:, block.tokens].unflatten(1, block.shape)
    for group, channels in enumerate(block.sensor.group_channels):
        there = decoded[..., group].repeat_interleave(2, 1).repeat_interleave(2, 2)
        for channel in channels:
            assert torch.equal(made["sentinel2_l2a"][..., channel] != 0, there)
    unused = [c for c in range(12) if c not in (S2.index("B12"), S2.index("B02"), S2.index("B08"))]
    assert not made["sentinel2_l2a"][..., unused].any()


def test_views_in_one_call_are_the_views_one_by_one() -> None:
    sensors = SensorSet.of(["sentinel1", "srtm"])
    model = build(sensors)
    batch, encoded = batch_of(sensors, views=2)
    together = model(batch, batch.visibility, encoded)
    first = int(encoded.selection.sequences.counts[:SAMPLES].sum())
    alone = EncodedTokens(encoded.packed[:first], TokenSelection(batch.visibility[0] == ENCODE))
    for name, values in model(batch, batch.visibility[0], alone).items():
        torch.testing.assert_close(together[name][:SAMPLES], values)


def test_weights_that_make_nothing_have_a_gradient_of_zeros() -> None:
    sensors = SensorSet.of(["sentinel1", "srtm"])
    model = build(sensors)
    batch, encoded = batch_of(sensors)
    batch.visibility[:, :, batch.layout["srtm"].tokens] = 1
    sum(value.sum() for value in model(batch, batch.visibility, encoded).values()).backward()
    layer = model.projections["srtm__0"]
    assert isinstance(layer, PatchToPixels) and layer.weight.grad is not None and not layer.weight.grad.any()
    assert all(parameter.grad is not None for parameter in model.parameters())
