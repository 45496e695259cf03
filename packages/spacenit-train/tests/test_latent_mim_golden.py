"""The model's arithmetic, stage by stage, against OlmoEarth Pretrain (see goldens/make_latent_mim.py)."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.latent_mim.model import LatentMIM
from spacenit_core.nn.attention.config import PackedConfig, SdpaConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.losses.info_nce import InfoNCEConfig
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig

GOLDEN = Path(__file__).parent / "goldens" / "latent_mim.npz"
SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "landsat", "worldcover", "srtm"])
RENAMED = [
    (r"\.patch_embeddings\.per_modality_embeddings\.\w+?\.(\w+)\.proj\.", r".patch_embedding.projections.\1."),
    (r"^target_encoder\.", "target."),
    (r"\.composite_encodings\.per_modality_channel_embeddings\.", ".encodings.channel."),
    (r"\.project_and_aggregate\.projection\.", ".projection.layers."),
    (r"\.encoder_to_decoder_embed\.", ".input_projection."),
    (r"\.to_output_embed\.", ".output_projection."),
]


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def renamed(name: str) -> str:
    for pattern, replacement in RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def stacked(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Our spelling of the weights: flat patch kernels, query, key and value (or key and value) in one matrix."""
    out = {renamed(name): value for name, value in weights.items()}
    out = {
        name: value.flatten(1) if "projections." in name and value.ndim == 4 else value for name, value in out.items()
    }
    for name in [name for name in out if re.search(r"\.attn\.k\.", name)]:
        parts = "qkv" if name.startswith("encoder") else "kv"
        out[name.replace(".k.", f".{parts}.")] = torch.cat(
            [out.pop(name.replace(".k.", f".{part}.")) for part in parts]
        )
    return out


def build(golden: dict[str, np.ndarray], attention: type = PackedConfig) -> LatentMIM:
    encoder = OlmoEarthEncoderConfig(
        embedding_size=16, depth=2, num_heads=2, mlp_ratio=2.0, drop_path=0.0, attention=attention()
    )
    decoder = PredictorConfig(embedding_size=32, depth=2, num_heads=4, mlp_ratio=2.0)
    model = LatentMIMConfig(encoder=encoder, decoder=decoder).build(SENSORS)
    prefix = "weight/"
    weights = {k.removeprefix(prefix): torch.from_numpy(v).float() for k, v in golden.items() if k.startswith(prefix)}
    model.load_state_dict(stacked(weights), strict=True)
    return model


def load(case: dict[str, np.ndarray], patch: int) -> Batch:
    pixels = {name: torch.from_numpy(case[f"pixels/{name}"]).float() for name in SENSORS.names}
    _, rows, columns, steps, _ = case["mask0/sentinel2_l2a"].shape
    layout = TokenLayout.of(SENSORS, rows=rows, columns=columns, timesteps=steps, patch_size=patch)
    views = [
        np.concatenate([case[f"mask{view}/{name}"].reshape(3, -1) for name in SENSORS.names], axis=1) for view in (0, 1)
    ]
    timestamps = torch.from_numpy(case["timestamps"])
    return Batch(pixels=pixels, timestamps=timestamps, layout=layout, visibility=torch.from_numpy(np.stack(views)))


def stage(case: dict[str, np.ndarray], name: str) -> torch.Tensor:
    """A stage of the first view, tokens ``[B, N, D]``."""
    parts = [torch.from_numpy(case[f"{name}/{sensor}"]).float() for sensor in SENSORS.names]
    return torch.cat([part.flatten(1, -2) for part in parts], dim=1)


@pytest.mark.parametrize("attention", [PackedConfig, SdpaConfig])
@pytest.mark.parametrize("patch", [1, 3, 4, 8])
def test_every_stage_equals_the_oracle(golden: dict[str, np.ndarray], patch: int, attention: type) -> None:
    prefix = f"case{patch}/"
    case = {key.removeprefix(prefix): value for key, value in golden.items() if key.startswith(prefix)}
    batch, model = load(case, patch), build(golden, attention).train()
    first = batch.visibility[0]
    encode, decode = first == ENCODE, first == DECODE
    patches = model.encoder.patches(batch)
    sample, position = encode.nonzero().unbind(1)
    embedded = model.encoder.patch_embedding(patches, encode).take(sample, position)
    assert_near(embedded, stage(case, "patch")[encode], 1e-5)

    output = model(batch)
    dense = output.encoded.dense(batch.layout)[: len(batch)]
    assert_near(dense, stage(case, "encoded"), 1e-5)
    assert not dense[~encode].any()
    assert_near(output.projected, torch.from_numpy(case["pooled"]), 1e-5)
    pairs = [output.pairs(view, batch) for view in range(batch.views)]
    assert_near(pairs[0].predicted, stage(case, "decoded")[decode], 1e-4)
    assert_near(pairs[0].target, stage(case, "target")[decode], 1e-5)

    runner = ContrastiveLatentMIMConfig(contrastive=InfoNCEConfig(weight=0.1)).build(model)
    result = runner(batch)
    first_loss, second_loss, contrast, total = case["losses"]
    losses = [runner.config.loss.build()(view).item() for view in pairs]
    assert losses == pytest.approx([first_loss, second_loss], abs=2e-5)
    assert result.metrics["InfoNCE"].item() == pytest.approx(contrast, abs=1e-5)
    assert result.loss.item() == pytest.approx(total, abs=2e-5)

    result.loss.backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    for key, expected in case.items():
        if key.startswith("gradient/"):
            assert_near(gradient(gradients, key.removeprefix("gradient/")), torch.from_numpy(expected), 1e-4)


def gradient(gradients: dict[str, torch.Tensor | None], name: str) -> torch.Tensor:
    ours = renamed(name)
    found = re.search(r"\.attn\.([qkv])\.", ours)
    if found is None:
        value = gradients[ours]
        assert value is not None
        return value
    parts = "qkv" if ours.startswith("encoder") else "kv"
    value = gradients[ours.replace(f".{found[1]}.", f".{parts}.")]
    assert value is not None
    return value.chunk(len(parts))[parts.index(found[1])]


def assert_near(ours: torch.Tensor, oracle: torch.Tensor, tolerance: float) -> None:
    torch.testing.assert_close(ours, oracle.reshape(ours.shape), rtol=tolerance, atol=tolerance)
