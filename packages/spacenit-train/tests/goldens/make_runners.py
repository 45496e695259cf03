"""Write runners.npz: losses, gradients and moving targets of OlmoEarth Pretrain's train modules, on tiny models.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_runners.py runners.npz

Weights are not stored: `noise` makes those of each parameter from its place in the list of names and shapes.
"""

import json
import logging
import sys
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from olmo_core.optim import AdamWConfig  # noqa: E402
from olmoearth_pretrain.data.constants import Modality  # noqa: E402
from olmoearth_pretrain.data.transform import TransformConfig  # noqa: E402
from olmoearth_pretrain.datatypes import MaskedOlmoEarthSample  # noqa: E402
from olmoearth_pretrain.nn.flexi_vit import EncoderConfig, PredictorConfig, ReconstructorConfig  # noqa: E402
from olmoearth_pretrain.nn.galileo import GalileoConfig  # noqa: E402
from olmoearth_pretrain.nn.latent_mim import LatentMIMConfig  # noqa: E402
from olmoearth_pretrain.nn.mae import MAEConfig  # noqa: E402
from olmoearth_pretrain.train.loss import LossConfig  # noqa: E402
from olmoearth_pretrain.train.masking import MaskingConfig  # noqa: E402
from olmoearth_pretrain.train.train_module.contrastive_latentmim import (  # noqa: E402
    ContrastiveLatentMIMTrainModuleConfig,
)
from olmoearth_pretrain.train.train_module.galileo import GalileoTrainModuleConfig  # noqa: E402
from olmoearth_pretrain.train.train_module.latent_mim import LatentMIMTrainModuleConfig  # noqa: E402
from olmoearth_pretrain.train.train_module.mae import MAETrainModuleConfig  # noqa: E402

SENSORS = ["sentinel2_l2a", "sentinel1", "worldcover"]
SAMPLES, SIDE, STEPS, PATCH, SIZE = 3, 3, 2, 2, 16
DEEP = {"sentinel2_l2a": 2, "sentinel1": 1, "worldcover": 0}
FLAT = dict.fromkeys(SENSORS, 0)
STORED = ("mask_token", "encoder.norm.weight", "attn.v.bias", "sentinel1__0.proj.weight", "projection.0.bias")
"""Gradients that are stored as they are, by the end of their names; of the others only the norm."""


def noise(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    """Standard normal numbers."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(tuple(shape), dtype=np.float32))


def loss(type: str, **options: object) -> LossConfig:
    """The config of a loss."""
    return LossConfig(loss_config={"type": type, **options})


def parts() -> dict[str, object]:
    """Configs of encoder, decoder and reconstructor."""
    shared = {"supported_modality_names": SENSORS, "max_sequence_length": 12, "drop_path": 0.0, "mlp_ratio": 2.0}
    encoder = EncoderConfig(
        embedding_size=SIZE, num_heads=2, depth=2, max_patch_size=2, use_linear_patch_embed=False, **shared
    )
    decoder = PredictorConfig(encoder_embedding_size=SIZE, decoder_embedding_size=SIZE, num_heads=2, depth=1, **shared)
    pixels = ReconstructorConfig(decoder_config=decoder, supported_modality_names=SENSORS, max_patch_size=2)
    return {"encoder_config": encoder, "decoder_config": decoder, "reconstructor_config": pixels}


def fill(model: torch.nn.Module) -> list[tuple[str, list[int]]]:
    """Give every parameter its numbers; the names and shapes."""
    listed = []
    named = [(name, weight) for name, weight in model.named_parameters() if "month_embed" not in name]
    for number, (name, weight) in enumerate(named):
        with torch.no_grad():
            weight.copy_(
                0.1 * noise(weight.shape, 1000 + number)
                + name.endswith(("norm.weight", "norm1.weight", "norm2.weight"))
            )
        listed.append((name, list(weight.shape)))
    return listed


def token_masks(seed: int) -> dict[str, np.ndarray]:
    """Token masks by sensor, with a missing sensor and a missing month."""
    rng = np.random.default_rng(seed)
    masks = {}
    for name in SENSORS:
        spec = Modality.get(name)
        shape = (SAMPLES, SIDE, SIDE, STEPS if spec.is_multitemporal else 1, len(spec.band_sets))
        masks[name] = rng.choice([1, 2] if name == "worldcover" else [0, 1, 2], size=shape).astype(np.uint8)
    masks["sentinel1"][1] = 3
    masks["sentinel2_l2a"][0, :, :, -1] = 3
    return masks


def view(seed: int) -> MaskedOlmoEarthSample:
    """One view of the batch."""
    masks = token_masks(seed)
    timestamps = [[(1, (3 * row + step) % 12, 2020) for step in range(STEPS)] for row in range(SAMPLES)]
    fields = {"timestamps": torch.tensor(timestamps)}
    for number, name in enumerate(SENSORS):
        spec = Modality.get(name)
        steps = STEPS if spec.is_multitemporal else 1
        values = noise((SAMPLES, SIDE * PATCH, SIDE * PATCH, steps, len(spec.band_order)), number)
        mask = torch.from_numpy(masks[name].astype(np.int64)).repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2)
        gone = (mask == 3).any(-1, keepdim=True).expand_as(values)
        fields[name] = values.masked_fill(gone, -99999.0)
        fields[f"{name}_mask"] = mask
    return MaskedOlmoEarthSample(**fields)


class Recorder:
    """Stands for the trainer: keeps the metrics."""

    def __init__(self, step: int = 1, steps: int = 10) -> None:
        self.global_step, self.max_steps, self.epoch = step, steps, 1
        self.metrics: dict[str, float] = {}

    def record_metric(self, name: str, value: object, *_: object, **__: object) -> None:
        """Keep a metric."""
        self.metrics[name] = float(value)


def train(name: str, model_config: object, config: object, views: int) -> dict[str, np.ndarray]:
    """One training batch of a train module: its metrics and gradients."""
    model = model_config.build()
    listed = fill(model)
    module = config.build(model, device=torch.device("cpu"))
    recorder = Recorder()
    module._trainer = recorder
    module.train_batch((PATCH, *(view(seed) for seed in range(views))))
    out = {"weights": json.dumps(listed), "metrics": json.dumps(recorder.metrics)}
    gradients = {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}
    out["norms"] = json.dumps({name: float(gradient.double().norm()) for name, gradient in gradients.items()})
    out |= {f"gradient/{key}": value.numpy() for key, value in gradients.items() if key.endswith(STORED)}
    return {f"{name}/{key}": np.array(value) for key, value in out.items()}


def moving_target() -> dict[str, np.ndarray]:
    """A target over three steps while the encoder moves by 0.01 after each."""
    made = parts()
    made.pop("reconstructor_config")
    model = LatentMIMConfig(**made).build()
    listed = fill(model)
    module = LatentMIMTrainModuleConfig(**common(), ema_decay=(0.5, 1.0)).build(model, device=torch.device("cpu"))
    out = {"weights": np.array(json.dumps(listed))}
    for step in range(1, 4):
        module._trainer = Recorder(step, 4)
        module.update_target_encoder()
        out[f"step{step}"] = model.target_encoder.blocks[0].attn.v.weight.detach().numpy().copy()
        with torch.no_grad():
            for weight in model.encoder.parameters():
                weight += 0.01
    return {f"ema/{key}": value for key, value in out.items()}


def common() -> dict[str, object]:
    """What all train modules are given."""
    return {
        "optim_config": AdamWConfig(lr=1e-3),
        "rank_microbatch_size": SAMPLES,
        "transform_config": TransformConfig(transform_type="no_transform"),
    }


def main(path: str) -> None:
    """Write the golden file."""
    random = MaskingConfig(strategy_config={"type": "random"})
    fixed = {**common(), "ema_decay": (1.0, 1.0)}
    out = {f"mask{number}/{name}": mask for number in range(2) for name, mask in token_masks(number).items()}
    out |= train(
        "latent_mim",
        LatentMIMConfig(**parts()),
        LatentMIMTrainModuleConfig(
            **fixed,
            loss_config=loss("patch_discrimination"),
            mae_loss_config=loss("mae", loss_function="SmoothL1Loss", beta=0.1),
            regularizer_config=loss("KoLeo"),
            masking_config=random,
            token_exit_cfg=DEEP,
        ),
        1,
    )
    out |= train(
        "contrastive_latent_mim",
        LatentMIMConfig(**parts()),
        ContrastiveLatentMIMTrainModuleConfig(
            **fixed,
            loss_config=loss("modality_patch_discrimination_new"),
            contrastive_config=loss("InfoNCE", weight=0.1),
            mae_loss_config=loss("mae"),
            regularizer_config=loss("KoLeo"),
            masking_config=random,
            token_exit_cfg=FLAT,
        ),
        2,
    )
    out |= train(
        "mae",
        MAEConfig(**parts()),
        MAETrainModuleConfig(
            **common(),
            latent_mim_loss_config=loss("modality_patch_discrimination_new"),
            regularizer_config=loss("KoLeo", mode="patch"),
            masking_config=random,
            token_exit_cfg=DEEP,
        ),
        1,
    )
    out |= train(
        "galileo",
        GalileoConfig(**parts()),
        GalileoTrainModuleConfig(
            **fixed,
            loss_config_a=loss("patch_discrimination"),
            loss_config_b=loss("modality_patch_discrimination_new", tau=0.2),
            contrastive_config=loss("InfoNCE", weight=0.2),
            mae_loss_config=loss("mae"),
            regularizer_config=loss("KoLeo"),
            masking_config_a=random,
            masking_config_b=random,
            token_exit_cfg_a=DEEP,
            token_exit_cfg_b=FLAT,
        ),
        2,
    )
    out |= moving_target()
    np.savez_compressed(path, **out)


if __name__ == "__main__":
    main(sys.argv[1])
