"""Encoder, predictor and Latent MIM: shapes, sizes, and what must not matter."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve
from torch.nn.functional import conv2d, interpolate

from spacenit_core.errors import UserError
from spacenit_core.kinds.attention import ATTENTION
from spacenit_core.kinds.models import MODELS
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.latent_mim.model import LatentMIM
from spacenit_core.nn.backends import PackedConfig, SdpaConfig
from spacenit_core.nn.config import OlmoEarthEncoderConfig, PredictorConfig
from spacenit_core.nn.encodings import month_table, sine_cosine, space_table
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.resize import resize
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import BandGroup, SensorSpec


def sensor(name: str, sizes: tuple[int, ...], **options: Any) -> SensorSpec:
    groups = tuple(
        BandGroup(bands=tuple(f"{name}{number}{band}" for band in range(size)), gsd=10.0)
        for number, size in enumerate(sizes)
    )
    return SensorSpec(name=name, band_groups=groups, **{"temporal": True, **options})


SENSORS = SensorSet(
    (
        sensor("optical", (2, 3)),
        sensor("fine", (1,), temporal=False, pixels_per_cell=2),
        sensor("weather", (4,), spatial=False),
        sensor("place", (2,), spatial=False, temporal=False),
    )
)


# Two ways to know a place, and whatever else joins attention.
OPTIONS: list[dict[str, Any]] = [
    {},
    {"position_encoding": "rope_3d", "num_register_tokens": 2},
    {"position_encoding": "rope_3d_mixed", "num_register_tokens": 2, "qk_norm": True, "output_embedding_size": 24},
]


def window(batch: int = 3, *, patch: int = 2, side: int = 2, steps: int = 3, views: int = 1, seed: int = 0) -> Batch:
    """A batch with random pixels and visibility, a part of it missing."""
    rng = np.random.default_rng(seed)
    layout = TokenLayout.of(SENSORS, rows=side, columns=side, steps=steps, patch_size=patch)
    visibility = rng.choice([ENCODE, TARGET_ONLY, DECODE], size=(views, batch, len(layout))).astype(np.uint8)
    visibility[:, rng.random((batch, len(layout))) < 0.2] = MISSING
    visibility[:, :, 0], visibility[:, :, 1] = ENCODE, DECODE
    pixels = {
        spec.name: torch.from_numpy(
            rng.random((batch, *spec.shape(side * patch, side * patch, steps)), dtype=np.float32)
        )
        for spec in SENSORS
    }
    timestamps = torch.from_numpy(
        np.stack([rng.integers(1, 29, (batch, steps)), rng.integers(0, 12, (batch, steps))], 2)
    )
    timestamps = torch.cat([timestamps, torch.full((batch, steps, 1), 2020)], dim=2)
    return Batch(pixels=pixels, timestamps=timestamps, layout=layout, visibility=torch.from_numpy(visibility))


def build(attention: type = PackedConfig, **encoder: Any) -> LatentMIM:
    torch.manual_seed(0)
    options = {"embedding_size": 32, "depth": 2, "num_heads": 2, "max_patch_size": 4, **encoder}
    config = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(attention=attention(), **options),
        decoder=PredictorConfig(
            embedding_size=32,
            depth=2,
            num_heads=2,
            position_encoding=encoder.get("position_encoding", "absolute"),
            qk_norm=encoder.get("qk_norm", False),
        ),
    )
    model = config.build(SENSORS)
    for name, parameter in model.named_parameters():
        if "channel" in name or "mask_token" in name:
            torch.nn.init.normal_(parameter.data)
    return model


def test_backends_give_the_same_tokens_and_gradients() -> None:
    batch = window(views=2)
    results = []
    for attention in (PackedConfig, SdpaConfig):
        model = build(attention).eval()
        output = model(batch)
        (output.predicted.square().mean() + output.pooled.square().mean()).backward()
        results.append((output, [p.grad for p in model.parameters() if p.requires_grad]))
    (packed, packed_grads), (padded, padded_grads) = results
    torch.testing.assert_close(packed.predicted, padded.predicted, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(packed.pooled, padded.pooled, rtol=1e-5, atol=1e-5)
    for ours, theirs in zip(packed_grads, padded_grads, strict=True):
        assert ours is not None and theirs is not None
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("attention", [PackedConfig, SdpaConfig])
def test_what_is_not_encoded_influences_nothing(attention: type, options: dict[str, Any]) -> None:
    batch, model = window(patch=4), build(attention, **options).eval()
    visibility = batch.visibility[0].clone()
    optical = batch.layout["optical"].tokens
    visibility[0, optical], visibility[1, optical] = MISSING, TARGET_ONLY
    visibility[0, batch.layout["weather"].start] = ENCODE
    before = model.encoder(batch, visibility).dense(batch.layout)
    changed = dict(batch.pixels)
    changed["optical"] = batch.pixels["optical"].clone()
    changed["optical"][:2] = 1e6
    after = model.encoder(evolve(batch, pixels=changed), visibility).dense(batch.layout)
    torch.testing.assert_close(before, after, rtol=0, atol=0)
    assert before[2].any() and before[0].any()


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("attention", [PackedConfig, SdpaConfig])
@pytest.mark.parametrize("training", [True, False])
def test_a_samples_tokens_do_not_depend_on_its_companions(
    attention: type, training: bool, options: dict[str, Any]
) -> None:
    batch, model = window(batch=4), build(attention, drop_path=0.0, **options).train(training)
    whole = model.encoder(batch, batch.visibility[0]).dense(batch.layout)
    part = next(batch.micro_batches(1))
    alone = model.encoder(part, part.visibility[0]).dense(batch.layout)
    torch.testing.assert_close(alone[0], whole[0], rtol=1e-5, atol=1e-5)


def test_encoded_tokens_lie_where_they_are_visible() -> None:
    batch, model = window(), build().eval()
    visible = batch.visibility[0] == ENCODE
    encoded = model.encoder(batch, batch.visibility[0])
    assert encoded.values.shape == (3, int(visible.sum(1).max()), 32)
    dense = encoded.dense(batch.layout)
    assert torch.equal(dense.any(-1), visible)
    for row in range(3):
        assert torch.equal(encoded.position[row][encoded.valid[row]], visible[row].nonzero()[:, 0])
        torch.testing.assert_close(encoded.pooled()[row], dense[row][visible[row]].mean(0))
    by_sensor = encoded.by_sensor(batch.layout)
    assert by_sensor["optical"].shape == (3, 2, 2, 3, 2, 32)
    assert by_sensor["weather"].shape == (3, 1, 1, 3, 1, 32)
    torch.testing.assert_close(by_sensor["place"][:, 0, 0, 0, 0], dense[:, -1])


def test_views_in_one_call_are_the_views_one_by_one() -> None:
    batch, model = window(views=2), build(drop_path=0.0)
    together = model(batch)
    for view in range(2):
        alone = model(evolve(batch, visibility=batch.visibility[view : view + 1]))
        torch.testing.assert_close(together.pooled[view], alone.pooled[0], rtol=1e-5, atol=1e-5)
        rows = together.tokens.sequences.number // len(batch) == view
        torch.testing.assert_close(together.predicted[rows], alone.predicted, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(together.target[rows], alone.target, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("attention", [PackedConfig, SdpaConfig])
def test_samples_without_encoded_or_decoded_tokens_do_no_harm(attention: type) -> None:
    batch, model = window(views=2), build(attention)
    batch.visibility[:, 0] = MISSING
    batch.visibility[:, 1][batch.visibility[:, 1] == ENCODE] = TARGET_ONLY
    output = model(batch)
    output.predicted.square().sum().backward()
    assert output.predicted.isfinite().all() and output.pooled.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.decoder.parameters())
    batch.visibility[:] = MISSING
    empty = model(batch)
    assert len(empty.predicted) == len(empty.target) == 0


@pytest.mark.parametrize("options", OPTIONS[:2])
def test_every_trainable_weight_gets_a_gradient_even_if_unused(options: dict[str, Any]) -> None:
    batch, model = window(views=2), build(**options)
    batch.visibility[:, :, batch.layout["fine"].tokens] = DECODE
    output = model(batch)
    (output.predicted.sum() + output.pooled.sum()).backward()
    assert [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None] == []
    assert not any(p.requires_grad for p in model.target.parameters())
    unused = model.encoder.patch_embedding.projections["fine__0"].weight
    assert isinstance(unused, torch.Tensor) and unused.grad is not None and not unused.grad.any()


@pytest.mark.parametrize("patch", [1, 2, 3, 4])
def test_patch_embedding_is_a_resized_convolution(patch: int) -> None:
    batch, model = window(patch=patch, side=3), build()
    embedding = model.encoder.patch_embedding
    tokens = torch.ones(3, len(batch.layout), dtype=torch.bool)
    values = embedding(model.encoder.patches(batch), tokens).take(*tokens.nonzero().unbind(1)).view(3, -1, 32)
    for name, group, channels in (("optical", 1, slice(2, 5)), ("fine", 0, slice(0, 1))):
        block, spec = batch.layout[name], SENSORS[name]
        side = 4 * spec.pixels_per_cell
        images = batch.pixels[name].permute(0, 3, 4, 1, 2).flatten(0, 1)
        resized = interpolate(images, size=(3 * side, 3 * side), mode="bicubic", antialias=True)[:, channels]
        linear = embedding.projections[f"{name}__{group}"]
        assert isinstance(linear, torch.nn.Linear)
        expected = conv2d(resized, linear.weight.view(32, -1, side, side), linear.bias, stride=side)
        expected = expected.view(3, block.steps, 32, 3, 3).permute(0, 3, 4, 1, 2)
        ours = values[:, block.tokens].unflatten(1, block.shape)[:, :, :, :, group]
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("size", "new"), [((8, 8), (64, 64)), ((15, 10), (24, 16)), ((20, 20), (40, 40))])
def test_resizing_is_torchs_antialiased_bicubic(size: tuple[int, int], new: tuple[int, int]) -> None:
    images = torch.rand(2, *size, 3)
    expected = interpolate(images.permute(0, 3, 1, 2), size=new, mode="bicubic", antialias=True).permute(0, 2, 3, 1)
    torch.testing.assert_close(resize(images, *new), expected, rtol=1e-5, atol=1e-5)


def test_encodings_of_the_reference() -> None:
    # Frequencies of a base model's time and space encodings, and of a nano model's.
    at_one = sine_cosine(torch.ones(1), 192)[0, :96]
    torch.testing.assert_close(at_one[[0, 1, 2, 95]], torch.tensor([1.0, 0.9763001, 0.9531619, 0.1024275]).sin())
    torch.testing.assert_close(
        sine_cosine(torch.ones(1), 32)[0, [0, 1, 2, 15]], torch.tensor([1.0, 0.8659643, 0.7498942, 0.1154782]).sin()
    )
    month = month_table(8)
    torch.testing.assert_close(month[3], torch.tensor([1.0] * 4 + [0.0] * 4), atol=1e-6, rtol=0)
    layout = TokenLayout.of(SENSORS, rows=2, columns=3, steps=1, patch_size=4)
    space = space_table(layout, 8, 20.0)
    # Row 1, column 2: the column comes first; 4 cells of 20 m are 8 units.
    expected = torch.cat([sine_cosine(torch.tensor([16.0]), 4), sine_cosine(torch.tensor([8.0]), 4)], dim=1)
    torch.testing.assert_close(space[1 * 3 + 2], expected[0])
    assert not space[-1].any()


def test_places_without_time_or_grid_have_only_channel_encodings() -> None:
    batch, encoder = window(), build().encoder
    everything = torch.full_like(batch.visibility[0], ENCODE)
    from spacenit_core.nn.sequences import TokenSelection

    encodings = encoder.encodings(batch, TokenSelection(everything == ENCODE)).view(3, -1, 4, 8)
    fine, weather, place = (encodings[:, batch.layout[name].tokens] for name in ("fine", "weather", "place"))
    assert not fine[:, :, 1:3].any() and fine[:, :, 3].any()
    assert not weather[:, :, 3].any() and weather[:, :, 1:3].any()
    assert not place[:, :, 1:].any() and place[:, :, 0].any()


@pytest.mark.parametrize("options", OPTIONS)
def test_bfloat16_autocast_runs(options: dict[str, Any]) -> None:
    batch, model = window(views=2), build(drop_path=0.0, **options)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(batch)
    (output.predicted.float().sum() + output.pooled.float().sum()).backward()
    with torch.no_grad():
        exact = build(drop_path=0.0, **options)(batch)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters() if p.requires_grad)
    torch.testing.assert_close(output.target.float(), exact.target, rtol=0.05, atol=0.05)
    torch.testing.assert_close(output.encoded.packed.float(), exact.encoded.packed, rtol=0.1, atol=0.1)


def test_rotary_positions_keep_no_more_for_the_gradient_than_added_ones() -> None:
    batch, kept = window(batch=8, side=4), {}
    for mode in ("absolute", "rope_3d", "rope_3d_mixed"):
        encoder = build(position_encoding=mode, depth=6).encoder
        sizes: dict[int, int] = {}

        def remember(tensor: torch.Tensor, sizes: dict[int, int] = sizes) -> torch.Tensor:
            storage = tensor.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
            encoded = encoder(batch, batch.visibility[0])
        assert encoded.packed.requires_grad
        kept[mode] = sum(sizes.values())
    assert kept["rope_3d"] < 1.03 * kept["absolute"] and kept["rope_3d_mixed"] < 1.03 * kept["absolute"]


def test_drop_path_skips_whole_samples() -> None:
    batch, model = window(batch=4), build(drop_path=0.5).train()
    torch.manual_seed(1)
    first = model.encoder(batch, batch.visibility[0]).dense(batch.layout)
    torch.manual_seed(1)
    assert torch.equal(first, model.encoder(batch, batch.visibility[0]).dense(batch.layout))
    torch.manual_seed(2)
    assert not torch.equal(first, model.encoder(batch, batch.visibility[0]).dense(batch.layout))
    add = model.encoder.blocks[0].add
    sequences = model.encoder(batch, batch.visibility[0]).selection.sequences
    assert callable(add)
    branch = add(torch.zeros(sequences.total, 1), torch.ones(sequences.total, 1), sequences)[:, 0]
    per_sample = [set(part.tolist()) for part in branch.split(sequences.lengths)]
    assert all(len(values) == 1 and values <= {0.0, 2.0} for values in per_sample)


@pytest.mark.parametrize(
    ("width", "depth", "heads", "decoder_depth", "encoder_count", "decoder_count"),
    [
        (128, 4, 8, 4, 1_361_024, 827_520),
        (192, 12, 3, 4, 6_202_560, 1_855_680),
        (768, 12, 12, 4, 88_953_600, 29_541_120),
        (1024, 24, 16, 4, 307_770_368, 52_495_360),
    ],
)
def test_official_sizes_have_the_references_parameter_counts(
    width: int, depth: int, heads: int, decoder_depth: int, encoder_count: int, decoder_count: int
) -> None:
    names = ["sentinel2_l2a", "sentinel1", "landsat", "worldcover", "srtm", "openstreetmap_raster"]
    sensors = SensorSet.of([*names, "wri_canopy_height_map", "cdl", "worldcereal"])
    config = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(embedding_size=width, depth=depth, num_heads=heads),
        decoder=PredictorConfig(embedding_size=width, depth=decoder_depth, num_heads=heads),
    )
    with torch.device("meta"):
        model = config.build(sensors)
    # The reference counts its frozen month table, 12 rows of a quarter of the width, in encoder and decoder.
    months = 12 * width // 4
    assert sum(p.numel() for p in model.encoder.parameters()) == encoder_count - months
    assert sum(p.numel() for p in model.decoder.parameters()) == decoder_count - months


@pytest.mark.parametrize(
    ("width", "depth", "heads", "hidden", "encoder_count", "decoder_count"),
    [
        (128, 4, 8, 12, 1_698_096, 828_192),
        (192, 12, 3, 64, 12_464_752, 1_856_688),
        (768, 12, 12, 64, 113_987_776, 29_545_152),
    ],
)
def test_rotary_sizes_have_the_references_parameter_counts(
    width: int, depth: int, heads: int, hidden: int, encoder_count: int, decoder_count: int
) -> None:
    names = ["sentinel2_l2a", "sentinel1", "landsat", "worldcover", "srtm", "openstreetmap_raster"]
    one = {name: (SensorSet.of([name])[name].bands,) for name in ("sentinel2_l2a", "landsat")}
    sensors = SensorSet.of([*names, "wri_canopy_height_map", "cdl", "worldcereal"], band_groups=one)
    options: dict[str, Any] = {"position_encoding": "rope_3d_mixed", "embedding_size": width, "num_heads": heads}
    config = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(depth=depth, patch_embed_hidden_sizes=(hidden,), **options),
        decoder=PredictorConfig(depth=4, **options),
    )
    with torch.device("meta"):
        model = config.build(sensors)
    months = 12 * width // 4
    assert sum(p.numel() for p in model.encoder.parameters()) == encoder_count - months
    assert sum(p.numel() for p in model.decoder.parameters()) == decoder_count - months


@pytest.mark.parametrize("options", OPTIONS)
def test_exits_after_all_blocks_are_the_encoders_tokens(options: dict[str, Any]) -> None:
    batch, encoder = window(), build(**options).eval().encoder
    exits = dict.fromkeys(SENSORS.names, 2)
    whole, taken = (encoder(batch, batch.visibility, exits=chosen).packed for chosen in (None, exits))
    torch.testing.assert_close(taken, whole, rtol=0, atol=0)
    earlier = encoder(batch, batch.visibility, exits={**exits, "fine": 1}).by_sensor(batch.layout)
    for name, tokens in encoder(batch, batch.visibility).by_sensor(batch.layout).items():
        assert torch.equal(earlier[name], tokens) == (name != "fine")


@pytest.mark.parametrize(
    ("exits", "words"),
    [
        ({"optical": 1, "weather": 0}, "do not name fine, place"),
        ({"optical": 3, "fine": 0, "weather": -1, "place": 0}, "between 0 and 2, .*: optical=3, weather=-1"),
    ],
)
def test_exits_that_cannot_be_are_refused(exits: dict[str, int], words: str) -> None:
    batch = window()
    with pytest.raises(UserError, match=words):
        build().encoder(batch, batch.visibility, exits=exits)


def test_initial_weights() -> None:
    torch.manual_seed(0)
    model = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(embedding_size=64, depth=1, num_heads=2),
        decoder=PredictorConfig(embedding_size=32, depth=1, num_heads=2),
    ).build(SENSORS)
    bounds = {
        "encoder.blocks.0.attn.qkv.weight": (6 / 128) ** 0.5,
        "encoder.blocks.0.mlp.fc1.weight": (6 / 320) ** 0.5,
        "decoder.blocks.0.attn.kv.weight": (6 / 64) ** 0.5,
        "encoder.patch_embedding.projections.optical__1.weight": (3 * 64) ** -0.5,
        "encoder.patch_embedding.projections.optical__1.bias": (3 * 64) ** -0.5,
    }
    weights = dict(model.named_parameters())
    for name, bound in bounds.items():
        assert 0.9 * bound < weights[name].abs().max() <= bound, name
    zero = [n for n in weights if "channel" in n or "mask_token" in n or ("blocks" in n and n.endswith("fc1.bias"))]
    assert zero and not any(weights[name].any() for name in zero)
    for target, online in zip(model.target.parameters(), model.encoder.patch_embedding.parameters(), strict=True):
        assert torch.equal(target, online) and target.data_ptr() != online.data_ptr()


def test_unfit_windows_are_refused_with_the_setting_to_change() -> None:
    model = build()
    with pytest.raises(UserError, match="patches of 8 cells") as caught:
        model.encoder.patches(window(patch=8))
    assert "max_patch_size" in str(caught.value)
    with pytest.raises(UserError, match="13 steps"):
        model.encoder.patches(window(steps=13))
    batch = window()
    batch.pixels["optical"] = batch.pixels["optical"][:, :3]
    with pytest.raises(UserError, match="'optical' have shape"):
        model(batch)
    layout = TokenLayout.of(SensorSet((sensor("radar", (1,)),)), rows=1, columns=1, steps=1, patch_size=2)
    other = Batch(
        pixels={"radar": torch.zeros(1, 2, 2, 1, 1)},
        timestamps=torch.zeros(1, 1, 3, dtype=torch.int64),
        layout=layout,
        visibility=torch.zeros(1, 1, 1, dtype=torch.uint8),
    )
    with pytest.raises(UserError, match="not made for sensor 'radar'"):
        model.encoder(other, other.visibility[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"embedding_size": 24}, "multiple of 16 with position_encoding=absolute"),
        ({"embedding_size": 36, "num_heads": 2, "position_encoding": "none"}, "multiple of 8"),
        ({"embedding_size": 48, "num_heads": 8, "position_encoding": "rope"}, "cannot divide heads of 6 features"),
        ({"embedding_size": 48, "num_heads": 8, "position_encoding": "rope_mixed"}, "multiple of 4 features, not 6"),
        ({"embedding_size": 48, "num_heads": 8, "position_encoding": "rope_3d_mixed"}, "multiple of 4 features"),
        ({"temporal_rope_dim_frac": 0.1, "position_encoding": "rope_3d"}, "6 for time, 58 for row and column"),
        ({"temporal_rope_dim_frac": 0.99, "position_encoding": "rope_3d"}, "0 for row and column"),
        ({"temporal_rope_dim_frac": 1.0}, "both excluded"),
        ({"rope_coordinate_scale": 0.0}, "greater than 0"),
        ({"num_projection_layers": 0}, "at least 1"),
        ({"num_heads": 5}, "must divide"),
        ({"min_patch_size": 9}, "must not exceed"),
        ({"drop_path": 1.0}, "between 0 and 0.999"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OlmoEarthEncoderConfig(**options)


def test_predictions_are_as_wide_as_their_targets() -> None:
    encoder = OlmoEarthEncoderConfig(output_embedding_size=24)
    with pytest.raises(ValueError, match=r"\(768\) must be none or 24"):
        LatentMIMConfig(encoder=encoder, decoder=PredictorConfig(output_embedding_size=768))
    batch, model = window(), build(output_embedding_size=24)
    output = model(batch)
    assert output.predicted.shape == output.target.shape == (len(output.tokens), 24)


def test_a_target_can_follow_the_encoder() -> None:
    model = build()
    torch.nn.init.ones_(next(model.encoder.patch_embedding.parameters()).data)
    before = next(model.target.parameters()).clone()
    model.update_target(0.75)
    torch.testing.assert_close(next(model.target.parameters()).data, 0.75 * before + 0.25)


def test_patches_are_cut_once() -> None:
    batch = window()
    patches = Patches(batch, 4)
    block = batch.layout["optical"]
    assert patches.features(block) is patches.features(block)
    assert patches.features(block).shape == (3 * 2 * 2 * 3, 5, 16)


def test_configs_are_found_without_torch() -> None:
    code = (
        "import sys; from spacenit_core.kinds.models import MODELS;"
        "from spacenit_core.kinds.attention import ATTENTION;"
        "MODELS.get('latent_mim')(); ATTENTION.get('sdpa')(); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert MODELS.get("latent_mim") is LatentMIMConfig
    assert ATTENTION.get("packed") is PackedConfig
