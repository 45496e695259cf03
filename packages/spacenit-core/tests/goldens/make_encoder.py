"""Write encoder.npz: tokens and gradients of OlmoEarth Pretrain's encoder and predictor, for every option.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_encoder.py encoder.npz
"""

import json
import logging
import sys
import warnings
from typing import Any

import encoder_world as world
import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from olmoearth_pretrain.datatypes import MaskedOlmoEarthSample, TokensAndMasks  # noqa: E402
from olmoearth_pretrain.nn.flexi_vit import EncoderConfig, PredictorConfig  # noqa: E402
from olmoearth_pretrain.nn.pooling import PoolingType, pool_unmasked_tokens  # noqa: E402


def build(option: str) -> torch.nn.ModuleDict:
    """Encoder and decoder with the world's weights."""
    shared, encoder, decoder = world.OPTIONS[option]
    common = {"supported_modality_names": list(world.SENSORS), "max_sequence_length": 12}
    sizes = dict(world.DECODER)
    model = torch.nn.ModuleDict(
        {
            "encoder": EncoderConfig(max_patch_size=8, **common, **world.ENCODER, **shared, **encoder).build(),
            "decoder": PredictorConfig(
                encoder_embedding_size=encoder.get("output_embedding_size", world.ENCODER["embedding_size"]),
                decoder_embedding_size=sizes.pop("embedding_size"),
                **common,
                **sizes,
                **shared,
                **decoder,
            ).build(),
        }
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "month_embed" not in name:
                parameter.copy_(torch.from_numpy(world.weight(name, tuple(parameter.shape))))
    return model


def sample(patch: int, full: bool = False) -> MaskedOlmoEarthSample:
    """The model's input: masks by pixel, missing values set to the marker."""
    fields = {"timestamps": torch.from_numpy(world.timestamps(patch))}
    pixels = world.pixels(patch)
    for name, mask in world.visibility(patch, full).items():
        wide = torch.from_numpy(mask.astype(np.int64))
        if world.SENSORS[name][0]:
            wide = wide.repeat_interleave(patch, 1).repeat_interleave(patch, 2)
        values = torch.from_numpy(pixels[name])
        fields[name] = values.masked_fill((wide == 3).any(-1, keepdim=True), -99999.0)
        fields[f"{name}_mask"] = wide
    return MaskedOlmoEarthSample(**fields)


def chosen(tokens: TokensAndMasks, value: int) -> torch.Tensor:
    """The tokens of one visibility, sensor after sensor, ``[M, D]``."""
    parts = []
    for name in world.SENSORS:
        values, mask = getattr(tokens, name), getattr(tokens, f"{name}_mask")
        parts.append(values[mask == value])
    return torch.cat(parts)


def short(name: str, values: torch.Tensor) -> np.ndarray:
    """Two products per row with random numbers."""
    return (values.detach() @ torch.from_numpy(world.marks(name, (values.shape[-1], 2)))).numpy()


def run(option: str, patch: int) -> dict[str, Any]:
    """Every stage of one model on one window."""
    model, x = build(option).train(), sample(patch)
    timestamps = x.timestamps
    encoded = model["encoder"](x, patch)
    tokens, pooled = encoded["tokens_and_masks"], encoded["project_aggregated"]
    decoded = chosen(model["decoder"](tokens, timestamps, patch), 2)
    out = {
        "encoded": short("encoded", chosen(tokens, 0)),
        "pooled": short("pooled", pooled),
        "decoded": short("decoded", decoded),
    }
    loss = sum((v * torch.from_numpy(world.marks(n, tuple(v.shape)))).sum() for n, v in (("d", decoded), ("p", pooled)))
    loss.backward()
    gradients = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            gradients[name] = short(name, parameter.grad.reshape(1, -1))[0]
    out["gradients"] = np.stack(list(gradients.values()))
    shapes = {name: list(p.shape) for name, p in model.named_parameters() if "month_embed" not in name}
    if patch == 3:
        out["names"] = [shapes, list(gradients)]
    with torch.no_grad():
        if patch == 3 and option != "registers":
            for name, exits in world.EXITS.items():
                taken = model["encoder"](x, patch, token_exit_cfg=exits)["tokens_and_masks"]
                out[f"exits_{name}"] = short("encoded", chosen(taken, 0))
        model.eval()
        out["unmasked"] = short("encoded", chosen(model["encoder"](x, patch)["tokens_and_masks"], 0))
    return {f"{option}/{patch}/{key}": value for key, value in out.items()}


def extras() -> dict[str, Any]:
    """Pooled tokens, and the statistics of norms."""
    out = {}
    with torch.no_grad():
        encoder = build("absolute").train()["encoder"]
        ragged, full = (encoder(sample(3, full), 3)["tokens_and_masks"] for full in (False, True))
        for kind in PoolingType:
            out[f"pooling/instances_{kind}"] = short("encoded", pool_unmasked_tokens(ragged, kind))
            space = pool_unmasked_tokens(ragged, kind, spatial_pooling=True)
            # Where nothing is encoded the maximum is minus infinity, whose products are not numbers.
            out[f"pooling/space_{kind}"] = short("encoded", space.nan_to_num(neginf=-9.0))
        concat = pool_unmasked_tokens(full, spatial_pooling=True, concat_features=True)
        out["pooling/groups"] = short("encoded", concat)
        registers = build("registers").train()["encoder"]
        norms = registers(sample(3, True), 3)["token_norm_stats"]
        out["norms"] = norms
    return out


def main(path: str) -> None:
    """Write the golden file."""
    torch.manual_seed(0)
    arrays = extras()
    for option, patch in world.RUNS:
        arrays |= run(option, patch)
    # One array after the other: hundreds of small ones take more room for their names than for their numbers.
    numbers = {key: values for key, values in arrays.items() if isinstance(values, np.ndarray)}
    index = {
        "shapes": {key: values.shape for key, values in numbers.items()},
        "texts": {key: values for key, values in arrays.items() if key not in numbers},
    }
    flat = np.concatenate([values.reshape(-1) for values in numbers.values()])
    np.savez_compressed(path, numbers=flat, index=np.frombuffer(json.dumps(index).encode(), dtype=np.uint8))


if __name__ == "__main__":
    main(sys.argv[1])
