"""Encoder and predictor with every option against OlmoEarth Pretrain (see goldens/make_encoder.py)."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve
from torch import Tensor, nn

from spacenit_core.nn.attention.config import PackedConfig, SdpaConfig
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.encoder import Encoder
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.pooling import group_features, pool, pool_space
from spacenit_core.nn.predictor import Predictor
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE
from spacenit_core.sensors.selection import SensorSet

from .goldens import encoder_world as world

Golden = dict[str, Any]
GOLDENS = Path(__file__).parent / "goldens"
RENAMED = [
    (
        r"\.patch_embeddings\.per_modality_embeddings\.\w+?\.(\w+?)(\.proj)?\.(?=weight|bias)",
        r".patch_embedding.projections.\1.",
    ),
    (r"\.composite_encodings\.per_modality_channel_embeddings\.", ".encodings.channel."),
    (r"\.project_and_aggregate\.projection\.", ".projection.layers."),
    (r"\.embedding_projector\.projection\.0\.", ".output_projection."),
    (r"\.encoder_to_decoder_embed\.", ".input_projection."),
    (r"\.to_output_embed\.", ".output_projection."),
]
SENSORS = SensorSet.of(world.SENSORS)


@pytest.fixture(scope="module")
def golden() -> Golden:
    with np.load(GOLDENS / "encoder.npz") as arrays:
        numbers, index = arrays["numbers"], json.loads(arrays["index"].tobytes())
    ends = np.cumsum([int(np.prod(shape)) for shape in index["shapes"].values()])
    parts = zip(index["shapes"].items(), np.split(numbers, ends[:-1]), strict=True)
    return {**{key: part.reshape(shape) for (key, shape), part in parts}, **index["texts"]}


def places_of(name: str) -> tuple[str, int, int]:
    """Where an oracle's parameter lies in ours: name, which part of how many along the first axis."""
    ours = name
    for pattern, replacement in RENAMED:
        ours = re.sub(pattern, replacement, ours)
    parts = "qkv" if ours.startswith("encoder") else "kv"
    found = re.search(r"\.attn\.([qkv])\.", ours)
    if found is None or found[1] not in parts:
        return ours, 0, 1
    return ours.replace(f".{found[1]}.", f".{parts}."), parts.index(found[1]), len(parts)


def build(golden: Golden, option: str, **changes: Any) -> nn.ModuleDict:
    """Encoder and decoder with the world's weights; every parameter must be named."""
    shared, encoder, decoder = world.OPTIONS[option]
    config = OlmoEarthEncoderConfig(**world.ENCODER, **shared, **encoder, **changes)
    online = config.build(SENSORS)
    predictor = PredictorConfig(**world.DECODER, **shared, **decoder).build(
        SENSORS, encoder_size=online.embedding_size, max_timesteps=12, attention=config.attention
    )
    model = nn.ModuleDict({"encoder": online, "decoder": predictor})
    parts: dict[str, list[Tensor]] = {}
    shapes, _ = golden[f"{option}/3/names"]
    for name, shape in shapes.items():
        parts.setdefault(places_of(name)[0], []).append(torch.from_numpy(world.weight(name, tuple(shape))))
    with torch.no_grad():
        model.load_state_dict({name: kernel(name, torch.cat(values)) for name, values in parts.items()}, strict=True)
    return model


def kernel(name: str, value: Tensor) -> Tensor:
    """The oracle flattens a linear patch kernel as rows, columns, bands; ours is bands, rows, columns."""
    if "patch_embedding.projections" not in name or value.ndim != 2:
        return value
    spec = SENSORS[name.split("projections.")[1].split("__")[0]]
    return value.unflatten(1, (8, 8, -1)).permute(0, 3, 1, 2).flatten(1) if spec.spatial else value


def window(patch: int, full: bool = False) -> Batch:
    side, steps = world.WINDOWS[patch]
    masks = world.visibility(patch, full)
    flat = [masks[name].reshape(world.SAMPLES, -1) for name in SENSORS.names]
    return Batch(
        pixels={name: torch.from_numpy(values) for name, values in world.pixels(patch).items()},
        timestamps=torch.from_numpy(world.timestamps(patch)),
        layout=TokenLayout.of(SENSORS, rows=side, columns=side, timesteps=steps, patch_size=patch),
        visibility=torch.from_numpy(np.concatenate(flat, axis=1))[None],
    )


def chosen(dense: Tensor, batch: Batch, value: int) -> Tensor:
    """The tokens of one visibility in the order of the goldens, sensor after sensor, ``[M, D]``."""
    parts = []
    for name in world.SENSORS:
        tokens = batch.layout[name].tokens
        parts.append(dense[:, tokens][batch.visibility[0][:, tokens] == value])
    return torch.cat(parts)


def short(name: str, values: Tensor) -> Tensor:
    return values.detach() @ torch.from_numpy(world.marks(name, (values.shape[-1], 2)))


def marked(name: str, values: Tensor) -> Tensor:
    return (values * torch.from_numpy(world.marks(name, tuple(values.shape)))).sum()


def near(ours: Tensor, golden: np.ndarray, tolerance: float) -> None:
    torch.testing.assert_close(ours, torch.from_numpy(golden), rtol=tolerance, atol=tolerance)


def encoder_of(model: nn.ModuleDict) -> Encoder:
    encoder = model["encoder"]
    assert isinstance(encoder, Encoder)
    return encoder


def encode(model: nn.ModuleDict, batch: Batch, **options: Any) -> tuple[EncodedTokens, Tensor]:
    encoded = encoder_of(model)(batch, batch.visibility, **options)
    return encoded, chosen(encoded.dense(batch.layout), batch, ENCODE)


@pytest.mark.parametrize(("option", "patch"), world.RUNS)
def test_every_option_gives_the_oracles_tokens_and_gradients(golden: Golden, option: str, patch: int) -> None:
    batch, model, case = window(patch), build(golden, option).train(), f"{option}/{patch}"
    encoder, decoder = encoder_of(model), model["decoder"]
    assert isinstance(decoder, Predictor)
    encoded, tokens = encode(model, batch)
    near(short("encoded", tokens), golden[f"{case}/encoded"], 1e-5)
    pooled = encoder.project(encoded)
    near(short("pooled", pooled), golden[f"{case}/pooled"], 1e-5)
    predicted, queries = decoder(batch, batch.visibility, encoded)
    decoded = chosen(EncodedTokens(predicted, queries).dense(batch.layout), batch, DECODE)
    near(short("decoded", decoded), golden[f"{case}/decoded"], 1e-5)

    (marked("d", decoded) + marked("p", pooled)).backward()
    gradients = {name: p.grad for name, p in model.named_parameters() if p.requires_grad}
    _, names = golden[f"{option}/3/names"]
    if patch == 3:
        assert set(gradients) == {places_of(name)[0] for name in names}
    for name, expected in zip(names, golden[f"{case}/gradients"], strict=True):
        ours, part, count = places_of(name)
        gradient = flat(ours, gradients[ours], part, count)
        # Those of learned frequencies are large, by the days and rows that they are multiplied with.
        near(short(name, gradient), expected, 1e-4 * max(1.0, gradient.norm().item() / 10))


def flat(name: str, gradient: Tensor | None, part: int, parts: int) -> Tensor:
    assert gradient is not None
    value = gradient.chunk(parts)[part]
    if "patch_embedding.projections" in name and value.ndim == 2:
        spec = SENSORS[name.split("projections.")[1].split("__")[0]]
        value = value.unflatten(1, (-1, 8, 8)).permute(0, 2, 3, 1) if spec.spatial else value
    return value.reshape(-1)


@pytest.mark.parametrize(("option", "patch"), world.RUNS)
def test_without_masking_the_missing_evaluation_gives_the_oracles_tokens(
    golden: Golden, option: str, patch: int
) -> None:
    batch, model = window(patch), build(golden, option, mask_missing=False)
    masked = encode(model.train(), batch)[1]
    near(short("encoded", masked), golden[f"{option}/{patch}/encoded"], 1e-5)
    _, unmasked = encode(model.eval(), batch)
    near(short("encoded", unmasked), golden[f"{option}/{patch}/unmasked"], 1e-5)
    assert not torch.allclose(masked, unmasked, atol=1e-2)
    # The views of a batch are filled up to their own longest samples, as if each were encoded alone.
    views = torch.stack([batch.visibility[0], torch.where(batch.visibility[0] == DECODE, ENCODE, DECODE)])
    both, alone = (encoder_of(model)(batch, part).dense(batch.layout) for part in (views, views[:1]))
    torch.testing.assert_close(both[: len(batch)], alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("attention", [PackedConfig(), SdpaConfig()])
@pytest.mark.parametrize("option", [option for option in world.OPTIONS if option != "registers"])
def test_token_exits_are_the_oracles(golden: Golden, option: str, attention: Any) -> None:
    batch, model = window(3), build(golden, option, attention=attention)
    with torch.no_grad():
        for name, exits in world.EXITS.items():
            _, tokens = encode(model, batch, exits=exits)
            near(short("encoded", tokens), golden[f"{option}/3/exits_{name}"], 1e-5)


def test_pooled_features_are_the_oracles(golden: Golden) -> None:
    model = build(golden, "absolute").eval()
    batch, full = window(3), window(3, full=True)
    with torch.no_grad():
        encoded, everything = encode(model, batch)[0], encode(model, full)[0]
    kinds: tuple[Any, ...] = ("mean", "max")
    for kind in kinds:
        near(short("encoded", pool(encoded, kind)), golden[f"pooling/instances_{kind}"], 1e-5)
        space = pool_space(encoded, batch.layout, kind).nan_to_num(neginf=-9.0)
        near(short("encoded", space), golden[f"pooling/space_{kind}"], 1e-5)
    near(short("encoded", group_features(everything, full.layout)), golden["pooling/groups"], 1e-5)


def test_norms_of_tokens_and_registers_are_the_oracles(golden: Golden) -> None:
    encoded, _ = encode(build(golden, "registers").train(), window(3, full=True))
    ours = {name: value.item() for name, value in encoded.norms.items()}
    assert ours == pytest.approx(golden["norms"], rel=1e-5)
    assert not any(value.requires_grad for value in encoded.norms.values())


def test_a_batch_of_one_and_more_views_do_not_change_a_token(golden: Golden) -> None:
    batch = window(4)
    for option in ("registers", "rope_3d", "qk_norm"):
        model = build(golden, option).eval()
        together = encoder_of(model)(batch, batch.visibility).dense(batch.layout)
        for number, one in enumerate(batch.micro_batches(1)):
            alone = encoder_of(model)(one, one.visibility).dense(one.layout)[0]
            torch.testing.assert_close(together[number], alone, rtol=1e-5, atol=1e-5)
        first = evolve(batch, visibility=batch.visibility.repeat(2, 1, 1))
        twice = encoder_of(model)(first, first.visibility).dense(batch.layout)
        torch.testing.assert_close(twice, together.repeat(2, 1, 1), rtol=1e-5, atol=1e-5)
