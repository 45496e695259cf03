"""Write pretrained.json and pretrained.npz: configs, names of weights and tokens of small OlmoEarth Pretrain models.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_pretrained.py FOLDER

Weights and inputs are those of noise.py, so that only configs, shapes and results are stored.
"""

import json
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
sys.path.insert(0, str(Path(__file__).parent))

from noise import noise, timestamps, visibility, weight  # noqa: E402
from olmoearth_pretrain.config import Config  # noqa: E402
from olmoearth_pretrain.data.constants import Modality  # noqa: E402
from olmoearth_pretrain.datatypes import MaskedOlmoEarthSample  # noqa: E402
from olmoearth_pretrain.nn.attention import DropPath  # noqa: E402
from olmoearth_pretrain.nn.flexi_vit import EncoderConfig, PredictorConfig, ReconstructorConfig  # noqa: E402
from olmoearth_pretrain.nn.galileo import GalileoConfig  # noqa: E402
from olmoearth_pretrain.nn.latent_mim import LatentMIMConfig  # noqa: E402
from olmoearth_pretrain.nn.mae import MAEConfig  # noqa: E402
from olmoearth_pretrain.nn.tokenization import ModalityTokenization, TokenizationConfig  # noqa: E402

SIDE, FULL_STEPS, STEPS, LONG_STEPS, SAMPLES = 2, 2, 3, 14, 3
WIDE_CELLS = 30
MAPS = ("worldcover",)
WIDE = ["sentinel2_l2a", "sentinel1", "worldcover"]
NARROW = ["sentinel1", "worldcover"]
S2 = ["B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09"]
V1_1 = {
    "tokenization_config": {"sentinel2_l2a": [S2]},
    "patch_embed_hidden_sizes": [6],
    "band_dropout_rate": 0.2,
    "random_band_dropout": True,
    "band_dropout_modalities": ["sentinel2_l2a"],
}
ROPE_3D = {"rope_mixed_base": 10000.0, "rope_temporal_coordinate_scale": 1 / 30}
AXIAL_3D = {"temporal_rope_dim_frac": 0.5, "qk_norm": True}
MODELS = {
    # name: (sensors, settings of the encoder, settings that the decoder shares, settings of the model)
    "v1": (WIDE, {"use_linear_patch_embed": False}, {}, {}),
    "v1_1": (WIDE, V1_1, {}, {}),
    "v1_2": (WIDE, V1_1, {"position_encoding": "rope_3d_mixed", **ROPE_3D}, {}),
    "rope": (NARROW, {}, {"position_encoding": "rope"}, {"projection_only_target": True}),
    "rope_mixed": (NARROW, {"num_register_tokens": 2}, {"position_encoding": "rope_mixed"}, {}),
    "rope_3d": (NARROW, {}, {"position_encoding": "rope_3d", "rope_temporal_base": 100.0, **AXIAL_3D}, {}),
    "none": (
        NARROW,
        {"num_projection_layers": 2, "post_proj_hidden_sizes": [8, 16]},
        {"position_encoding": "none", "output_embedding_size": 8},
        {"reconstructor": True},
    ),
    "fine": (["naip_10"], {"use_linear_patch_embed": False}, {}, {}),
}
MASKED_PATCHES = (2, 5)
LONG = ("v1", "v1_2")
"""Models that are given more time steps than they were made for."""


def config(sensors: list[str], encoder: dict, shared: dict, model: dict) -> LatentMIMConfig:
    """The config of a small model."""
    shared = {"supported_modality_names": sensors, "max_sequence_length": 12, "mlp_ratio": 2.0, **shared}
    groups = encoder.pop("tokenization_config", None)
    if groups:
        overrides = {name: ModalityTokenization(band_groups=parts) for name, parts in groups.items()}
        shared["tokenization_config"] = TokenizationConfig(overrides=overrides)
    size = shared.get("output_embedding_size", 16)
    inside = {key: value for key, value in shared.items() if key != "output_embedding_size"}
    decoder = PredictorConfig(encoder_embedding_size=size, decoder_embedding_size=16, num_heads=2, depth=1, **inside)
    reconstructor = ReconstructorConfig(
        decoder_config=PredictorConfig(encoder_embedding_size=size, decoder_embedding_size=16, num_heads=2, **inside),
        supported_modality_names=sensors,
        max_patch_size=8,
    )
    return LatentMIMConfig(
        encoder_config=EncoderConfig(embedding_size=16, num_heads=2, depth=2, **encoder, **shared),
        decoder_config=decoder,
        reconstructor_config=reconstructor if model.get("reconstructor") else None,
        projection_only_target=model.get("projection_only_target", False),
    )


def others() -> dict[str, Config]:
    """Models of other kinds, of which configs, names and shapes are stored."""
    parts = config(NARROW, {}, {}, {"reconstructor": True})
    encoder, decoder, reconstructor = parts.encoder_config, parts.decoder_config, parts.reconstructor_config
    return {
        "mae": MAEConfig(encoder_config=encoder, reconstructor_config=reconstructor),
        "galileo": GalileoConfig(encoder_config=encoder, decoder_config=decoder),
    }


def described(config: Config, model: torch.nn.Module) -> dict:
    """The config, and the shapes of the weights."""
    return {
        "config": {"model": config.as_config_dict(), "init_seed": 12536},
        "shapes": {name: "x".join(map(str, tensor.shape)) for name, tensor in model.state_dict().items()},
    }


def fill(model: torch.nn.Module) -> None:
    """Give the model the weights of noise.py; the frozen month tables stay."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if "month_embed" not in name:
                tensor.copy_(torch.from_numpy(weight(name, tuple(tensor.shape))))


def sample(sensors: list[str], masks: dict[str, np.ndarray], patch: int, steps: int) -> MaskedOlmoEarthSample:
    """The model's input: masks by pixel, missing images set to the marker."""
    samples = len(next(iter(masks.values())))
    fields = {"timestamps": torch.from_numpy(timestamps(samples, steps))}
    for name in sensors:
        spec = Modality.get(name)
        side = patch * spec.image_tile_size_factor
        mask = torch.from_numpy(masks[name].astype(np.int64)).repeat_interleave(side, 1).repeat_interleave(side, 2)
        shape = (*mask.shape[:4], len(spec.band_order))
        values = torch.from_numpy(noise(f"pixels/{name}", shape))
        fields[name] = values.masked_fill((mask == 3).any(-1, keepdim=True).expand_as(values), -99999.0)
        fields[f"{name}_mask"] = mask
    return MaskedOlmoEarthSample(**fields)


def token_shape(model: torch.nn.Module, name: str, samples: int, steps: int) -> tuple[int, ...]:
    """The shape of a sensor's token masks."""
    groups = model.encoder.patch_embeddings.tokenization_config.get_num_bandsets(name)
    return samples, SIDE, SIDE, steps if Modality.get(name).is_multitemporal else 1, groups


def masks_of(model: torch.nn.Module, sensors: list[str]) -> dict[str, np.ndarray]:
    """Masks with a missing sensor and a missing month, of three samples with different numbers of tokens."""
    masks = {}
    for name in sensors:
        shape = token_shape(model, name, SAMPLES, STEPS)
        masks[name] = visibility(name, shape, decoded_only=name in MAPS)
    masks[sensors[0]][1, :, :, -1] = 3
    masks[sensors[-1]][2] = 3
    masks[sensors[-2]][0, :, :, 0] = 3
    return masks


def tokens(
    model: torch.nn.Module, x: MaskedOlmoEarthSample, patch: int, sensors: list[str], *, metres: int = 10
) -> dict[str, np.ndarray]:
    """The encoder's tokens by sensor, of cells of so many metres."""
    with torch.no_grad():
        out = model.encoder(x, patch_size=patch, input_res=metres)["tokens_and_masks"]
    return {name: getattr(out, name).numpy() for name in sensors}


def main(folder: Path) -> None:
    """Write the golden files."""
    facts: dict[str, dict] = {}
    arrays: dict[str, np.ndarray] = {}
    for title, (sensors, encoder, shared, settings) in MODELS.items():
        built = config(sensors, dict(encoder), shared, settings)
        model = built.build()
        fill(model)
        for module in model.modules():
            if isinstance(module, DropPath):
                module.drop_prob = 0.0
        state = model.state_dict()
        facts[title] = described(built, model)
        arrays["month"] = next(tensor.numpy() for name, tensor in state.items() if "month_embed" in name)
        model.eval()
        full = {name: np.zeros(token_shape(model, name, 1, FULL_STEPS), np.uint8) for name in sensors}
        for patch in range(1, 9):
            found = tokens(model, sample(sensors, full, patch, FULL_STEPS), patch, sensors)
            arrays |= {f"{title}/full/{patch}/{name}": values for name, values in found.items()}
        if title in LONG:
            found = tokens(model, sample(sensors, full, 2, FULL_STEPS), 2, sensors, metres=WIDE_CELLS)
            arrays |= {f"{title}/wide/{name}": values for name, values in found.items()}
            full = {name: np.zeros(token_shape(model, name, 1, LONG_STEPS), np.uint8) for name in sensors}
            found = tokens(model, sample(sensors, full, 2, LONG_STEPS), 2, sensors)
            arrays |= {f"{title}/long/{name}": values for name, values in found.items()}
        if len(sensors) == 1:
            continue
        masks = masks_of(model, sensors)
        for mode in ("train", "eval"):
            model.train(mode == "train")
            for patch in MASKED_PATCHES:
                found = tokens(model, sample(sensors, masks, patch, STEPS), patch, sensors)
                for name, values in found.items():
                    # Only the encoded tokens; the others are zeros.
                    arrays[f"{title}/{mode}/{patch}/{name}"] = values[masks[name] == 0]
    facts |= {title: described(built, built.build()) for title, built in others().items()}
    (folder / "pretrained.json").write_text(json.dumps(facts, indent=1) + "\n")
    np.savez_compressed(folder / "pretrained.npz", **arrays)


if __name__ == "__main__":
    torch.manual_seed(0)
    main(Path(sys.argv[1]))
