"""Losses, gradients and moving targets of every runner, against OlmoEarth Pretrain (see goldens/make_runners.py)."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve
from torch.func import functional_call

from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.losses.info_nce import InfoNCEConfig
from spacenit_train.losses.koleo import KoLeoConfig
from spacenit_train.losses.mae import MAEConfig
from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscriminationConfig
from spacenit_train.losses.patch_discrimination import PatchDiscriminationConfig
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.runners.galileo.config import GalileoRunnerConfig
from spacenit_train.runners.latent_mim.config import LatentMIMRunnerConfig
from spacenit_train.runners.mae.config import MAERunnerConfig

GOLDEN = Path(__file__).parent / "goldens" / "runners.npz"
SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "worldcover"])
SAMPLES, SIDE, STEPS, PATCH, SIZE = 3, 3, 2, 2, 16
DEEP = {"sentinel2_l2a": 2, "sentinel1": 1}
RENAMED = [
    (r"\.patch_embeddings\.per_modality_embeddings\.\w+?\.(\w+)\.proj\.", r".patch_embedding.projections.\1."),
    (r"\.per_modality_reconstructions\.\w+\.(\w+)\.proj\.", r".projections.\1."),
    (r"^target_encoder\.", "target."),
    (r"\.composite_encodings\.per_modality_channel_embeddings\.", ".encodings.channel."),
    (r"\.project_and_aggregate\.projection\.", ".projection.layers."),
    (r"\.encoder_to_decoder_embed\.", ".input_projection."),
    (r"\.to_output_embed\.", ".output_projection."),
]
PIXELS = MAEConfig()

MODELS: dict[str, Any] = {
    "latent_mim": LatentMIMConfig,
    "contrastive_latent_mim": LatentMIMConfig,
    "mae": MaskedAutoencoderConfig,
    "galileo": GalileoConfig,
}
RUNNERS: dict[str, Any] = {
    "latent_mim": LatentMIMRunnerConfig(
        loss=PatchDiscriminationConfig(),
        mae=MAEConfig(loss_function="SmoothL1Loss", beta=0.1),
        regularizer=KoLeoConfig(),
        token_exit_cfg=DEEP,
    ),
    "contrastive_latent_mim": ContrastiveLatentMIMConfig(
        contrastive=InfoNCEConfig(weight=0.1), mae=PIXELS, regularizer=KoLeoConfig()
    ),
    "mae": MAERunnerConfig(
        latent_mim=ModalityPatchDiscriminationConfig(),
        regularizer=KoLeoConfig(mode="patch"),
        token_exit_cfg=DEEP,
    ),
    "galileo": GalileoRunnerConfig(
        loss_a=PatchDiscriminationConfig(),
        loss_b=ModalityPatchDiscriminationConfig(tau=0.2),
        contrastive=InfoNCEConfig(weight=0.2),
        mae=PIXELS,
        regularizer=KoLeoConfig(),
        token_exit_cfg_a=DEEP,
    ),
}


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def noise(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(tuple(shape), dtype=np.float32))


def oracle_weights(listed: str) -> dict[str, torch.Tensor]:
    """The oracle's weights by its names, leaves of what is computed with them."""
    weights = {}
    for number, (name, shape) in enumerate(json.loads(listed)):
        norm = name.endswith(("norm.weight", "norm1.weight", "norm2.weight"))
        weights[name] = (0.1 * noise(shape, 1000 + number) + norm).requires_grad_()
    return weights


def ours(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same by our names, in our shapes."""
    out = {}
    for name, value in weights.items():
        for pattern, replacement in RENAMED:
            name = re.sub(pattern, replacement, name)
        if value.ndim == 4:
            value = value.flatten(2).permute(1, 2, 0) if "reconstructor" in name else value.flatten(1)
        out[name] = value
    for name in [name for name in out if ".attn.k." in name]:
        parts = "kv" if "decoder" in name else "qkv"
        stacked = torch.cat([out.pop(name.replace(".k.", f".{part}.")) for part in parts])
        out[name.replace(".k.", f".{parts}.")] = stacked
    return out


def load_batch(golden: dict[str, np.ndarray], views: int) -> Batch:
    layout = TokenLayout.of(SENSORS, rows=SIDE, columns=SIDE, timesteps=STEPS, patch_size=PATCH)
    masks = [
        np.concatenate([golden[f"mask{view}/{name}"].reshape(SAMPLES, -1) for name in SENSORS.names], axis=1)
        for view in range(2)
    ]
    pixels = {}
    for number, spec in enumerate(SENSORS):
        values = noise((SAMPLES, *spec.shape(SIDE * PATCH, SIDE * PATCH, STEPS)), number)
        gone = torch.from_numpy((golden[f"mask0/{spec.name}"] == MISSING).any(-1, keepdims=True))
        pixels[spec.name] = values.masked_fill(gone.repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2), 0)
    months = [[(1, (3 * row + step) % 12, 2020) for step in range(STEPS)] for row in range(SAMPLES)]
    return Batch(
        pixels=pixels,
        timestamps=torch.tensor(months),
        layout=layout,
        visibility=torch.from_numpy(np.stack(masks[:views])),
    )


def build(name: str, **options: Any) -> torch.nn.Module:
    decoder = PredictorConfig(embedding_size=SIZE, num_heads=2, depth=1, mlp_ratio=2.0)
    options.setdefault("reconstructor", ReconstructorConfig(decoder=decoder, max_patch_size=2))
    encoder = OlmoEarthEncoderConfig(
        embedding_size=SIZE, num_heads=2, depth=2, mlp_ratio=2.0, drop_path=0.0, max_patch_size=2
    )
    model: torch.nn.Module = MODELS[name](encoder=encoder, decoder=decoder, **options).build(SENSORS)
    return model


@pytest.mark.parametrize("name", RUNNERS)
def test_losses_and_gradients_are_the_oracles(golden: dict[str, np.ndarray], name: str) -> None:
    case = {key.removeprefix(f"{name}/"): value for key, value in golden.items() if key.startswith(f"{name}/")}
    theirs = oracle_weights(str(case["weights"]))
    config = RUNNERS[name]
    runner = config.build(build(name, **({} if name == "mae" else {"target": "encoder"}))).train()
    weights = {f"model.{key}": value for key, value in ours(theirs).items()}
    assert {key: value.shape for key, value in weights.items()} == {
        key: value.shape for key, value in runner.named_parameters()
    }
    batch = load_batch(golden, len(config.masking_of_views()))
    result: StepLoss = functional_call(runner, weights, (batch,))
    result.loss.backward()

    metrics = json.loads(str(case["metrics"]))
    total = next(value for key, value in metrics.items() if "+" in key)
    assert result.loss.item() == pytest.approx(total, rel=1e-5, abs=1e-5)
    for key in ("KoLeo", "InfoNCE"):
        if f"train/{key}" in metrics and key in result.metrics:
            assert result.metrics[key].item() == pytest.approx(metrics[f"train/{key}"], rel=1e-5, abs=1e-5)
    norms = json.loads(str(case["norms"]))
    for key, weight in theirs.items():
        if key in norms:
            assert weight.grad is not None, key
            assert weight.grad.double().norm().item() == pytest.approx(norms[key], rel=1e-4, abs=1e-6), key
        else:
            assert weight.grad is None or not weight.grad.any(), key
    stored = {key.removeprefix("gradient/"): value for key, value in case.items() if key.startswith("gradient/")}
    assert len(stored) > 5
    for key, expected in stored.items():
        torch.testing.assert_close(theirs[key].grad, torch.from_numpy(expected), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", RUNNERS)
def test_what_is_computed_twice_is_the_same_and_less_is_kept(golden: dict[str, np.ndarray], name: str) -> None:
    batch = load_batch(golden, len(RUNNERS[name].masking_of_views()))
    gradients, kept = {}, {}
    for memory in ("together", "views", "checkpoint"):
        torch.manual_seed(0)
        model = build(name, **({} if name == "mae" else {"target": "encoder"}))
        runner = evolve(RUNNERS[name], memory=memory).build(model).train()
        sizes: dict[int, int] = {}

        def keep(tensor: torch.Tensor, sizes: dict[int, int] = sizes) -> torch.Tensor:
            sizes[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = runner(batch).loss
        weights = {weight.data_ptr() for weight in model.parameters()}
        kept[memory] = sum(size for place, size in sizes.items() if place not in weights)
        loss.backward()
        gradients[memory] = {key: weight.grad for key, weight in model.named_parameters() if weight.requires_grad}
    for memory in ("views", "checkpoint"):
        for key, gradient in gradients["together"].items():
            assert gradient is not None and gradients[memory][key] is not None, key
            torch.testing.assert_close(gradients[memory][key], gradient, rtol=1e-4, atol=1e-6)
        assert kept[memory] < 0.8 * kept["together"]


def test_a_moving_target_is_the_oracles(golden: dict[str, np.ndarray]) -> None:
    model = build("latent_mim", target="encoder", reconstructor=None)
    weights = ours(oracle_weights(str(golden["ema/weights"])))
    model.load_state_dict({name: weight.detach() for name, weight in weights.items()})
    runner = LatentMIMRunnerConfig(ema_decay=(0.5, 1.0)).build(model)
    for step in range(1, 4):
        runner.on_step_start(step, 4)
        moved = dict(model.named_parameters())["target.blocks.0.attn.qkv.weight"].chunk(3)[2]
        torch.testing.assert_close(moved, torch.from_numpy(golden[f"ema/step{step}"]), rtol=1e-6, atol=1e-7)
        for name, weight in model.named_parameters():
            if name.startswith("encoder."):
                weight.data += 0.01
