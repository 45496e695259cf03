"""Write latent_mim.npz: weights, inputs, stages, losses and gradients of OlmoEarth Pretrain's Latent MIM, v1, tiny.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_latent_mim.py latent_mim.npz

Weights and pixels are rounded to what float16 can hold, so that half the bytes say exactly what was computed with.
"""

import logging
import sys
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from olmoearth_pretrain.data.constants import Modality  # noqa: E402
from olmoearth_pretrain.datatypes import MaskedOlmoEarthSample  # noqa: E402
from olmoearth_pretrain.nn.flexi_vit import EncoderConfig, PredictorConfig  # noqa: E402
from olmoearth_pretrain.nn.latent_mim import LatentMIMConfig  # noqa: E402
from olmoearth_pretrain.train.loss import LossConfig  # noqa: E402

SENSORS = ["sentinel2_l2a", "sentinel1", "landsat", "worldcover", "srtm"]
MAPS = ["worldcover", "srtm"]
CASES = [(1, 4, 3), (3, 3, 2), (4, 2, 5), (8, 2, 1)]  # patch size, patches per side, months
SAMPLES = 3
GRADIENTS = [
    "encoder.patch_embeddings.per_modality_embeddings.sentinel2_l2a.sentinel2_l2a__2.proj.weight",
    "encoder.composite_encodings.per_modality_channel_embeddings.landsat",
    "encoder.blocks.0.attn.k.weight",
    "encoder.blocks.1.mlp.fc1.bias",
    "encoder.norm.weight",
    "encoder.project_and_aggregate.projection.0.weight",
    "decoder.mask_token",
    "decoder.input_norm.bias",
    "decoder.blocks.0.attn.v.weight",
    "decoder.composite_encodings.per_modality_channel_embeddings.worldcover",
    "decoder.to_output_embed.weight",
]


def build() -> torch.nn.Module:
    """The model with random weights of a size that makes every stage matter."""
    shared = {"supported_modality_names": SENSORS, "max_sequence_length": 12, "drop_path": 0.0, "mlp_ratio": 2.0}
    encoder = EncoderConfig(
        embedding_size=16, num_heads=2, depth=2, max_patch_size=8, use_linear_patch_embed=False, **shared
    )
    decoder = PredictorConfig(encoder_embedding_size=16, decoder_embedding_size=32, num_heads=4, depth=2, **shared)
    model = LatentMIMConfig(encoder_config=encoder, decoder_config=decoder).build()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "month_embed" not in name:
                noise = torch.randn(parameter.shape, generator=generator)
                scale = 0.02 if "patch_embeddings" in name else 0.2
                parameter.copy_((scale * noise + (parameter if "norm" in name else 0)).half().float())
    return model.train()


def token_masks(rng: np.random.Generator, side: int, steps: int) -> dict[str, np.ndarray]:
    """Token masks by sensor, with missing sensors, missing months and samples without targets."""
    masks = {}
    for name in SENSORS:
        spec = Modality.get(name)
        shape = (SAMPLES, side, side, steps if spec.is_multitemporal else 1, len(spec.band_sets))
        masks[name] = rng.choice([1, 2] if name in MAPS else [0, 1, 2], size=shape).astype(np.uint8)
    masks["landsat"][1] = 3
    masks["srtm"][2] = 3
    masks["sentinel2_l2a"][0, :, :, -1] = 3
    masks["sentinel1"][2, :, :, 0] = 3
    # One band set without anything to predict, and one sample that predicts a single token of a sensor.
    masks["worldcover"][0] = 1
    masks["worldcover"][1] = 1
    masks["worldcover"][1, 0, 0] = 2
    return masks


def sample(pixels: dict, masks: dict, timestamps: np.ndarray, patch: int) -> MaskedOlmoEarthSample:
    """The model's input: masks by pixel, missing images set to the marker."""
    fields = {"timestamps": torch.from_numpy(timestamps)}
    for name in SENSORS:
        mask = torch.from_numpy(masks[name].astype(np.int64)).repeat_interleave(patch, 1).repeat_interleave(patch, 2)
        values = torch.from_numpy(pixels[name].astype(np.float32))
        gone = (mask == 3).any(-1, keepdim=True).expand_as(values)
        fields[name] = values.masked_fill(gone, -99999.0)
        fields[f"{name}_mask"] = mask
    return MaskedOlmoEarthSample(**fields)


def run_case(model: torch.nn.Module, patch: int, side: int, steps: int) -> dict[str, np.ndarray]:
    """Inputs and every stage for one patch size."""
    rng = np.random.default_rng(patch)
    out: dict[str, np.ndarray] = {"timestamps": np.zeros((SAMPLES, steps, 3), dtype=np.int64)}
    for row in range(SAMPLES):
        out["timestamps"][row] = [(1, (3 * row + step) % 12, 2020) for step in range(steps)]
    pixels = {}
    for name in SENSORS:
        spec = Modality.get(name)
        shape = (SAMPLES, side * patch, side * patch, steps if spec.is_multitemporal else 1, len(spec.band_order))
        pixels[name] = rng.random(shape).astype(np.float16)
    views = [token_masks(rng, side, steps) for _ in range(2)]
    for masks in views:
        for name in SENSORS:
            gone = (masks[name] == 3).any(-1).repeat(patch, 1).repeat(patch, 2)
            pixels[name][gone] = 0
    model.zero_grad()
    discrimination = LossConfig(loss_config={"type": "modality_patch_discrimination_new", "tau": 0.1}).build()
    info_nce = LossConfig(loss_config={"type": "InfoNCE", "weight": 0.1}).build()
    losses, pooled = [], []
    for view, masks in enumerate(views):
        x = sample(pixels, masks, out["timestamps"], patch)
        latent, decoded, vector, _, _ = model(x, patch)
        with torch.no_grad():
            exits = dict.fromkeys(SENSORS, 0)
            target = model.target_encoder(x.unmask(), patch_size=patch, token_exit_cfg=exits)["tokens_and_masks"]
            patches = model.encoder.patch_embeddings(x, patch)
        losses.append(discrimination.compute(decoded, target))
        pooled.append(vector)
        for name in SENSORS:
            out[f"mask{view}/{name}"] = masks[name]
            if view == 0:
                stages = {
                    "patch": (patches[name], 0),
                    "encoded": (getattr(latent, name), 0),
                    "decoded": (getattr(decoded, name), 2),
                    "target": (getattr(target, name), 2),
                }
                for stage, (tokens, value) in stages.items():
                    # Only the tokens that the stage is for; the others are unused and would only take room.
                    out[f"{stage}/{name}"] = tokens.detach().numpy() * (masks[name] == value)[..., None]
    contrast = info_nce.compute(*pooled)
    loss = (losses[0] + losses[1]) / 2 + contrast
    loss.backward()
    out |= {f"pixels/{name}": values for name, values in pixels.items()}
    out["pooled"] = torch.stack(pooled).detach().numpy()
    out["losses"] = np.array([value.item() for value in (*losses, contrast, loss)])
    parameters = dict(model.named_parameters())
    out |= {f"gradient/{name}": parameters[name].grad.numpy() for name in GRADIENTS}
    return out


def main(path: str) -> None:
    """Write the golden file."""
    torch.manual_seed(0)
    model = build()
    arrays = {
        f"weight/{name}": value.detach().numpy().astype(np.float16)
        for name, value in model.named_parameters()
        if "month_embed" not in name and not (name.startswith("target_encoder") and "patch_embeddings" not in name)
    }
    for patch, side, steps in CASES:
        arrays |= {f"case{patch}/{key}": value for key, value in run_case(model, patch, side, steps).items()}
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main(sys.argv[1])
