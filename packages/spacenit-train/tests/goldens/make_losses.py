"""Write losses.npz: losses and gradients of OlmoEarth Pretrain on ragged random tokens, vectors and pixels.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_losses.py losses.npz

Gradients are those of the tokens to decode, sample after sample; other spellings of a loss have none. `settings` holds
the options of every loss as JSON.
"""

import json
import logging
import sys
import warnings
from typing import Any

import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from olmoearth_pretrain.datatypes import MaskedOlmoEarthSample  # noqa: E402
from olmoearth_pretrain.nn.flexi_vit import TokensAndMasks  # noqa: E402
from olmoearth_pretrain.nn.tokenization import ModalityTokenization, TokenizationConfig  # noqa: E402
from olmoearth_pretrain.train.loss import LossConfig  # noqa: E402

SHAPES = {"sentinel2_l2a": (4, 3, 2, 2, 3, 6), "worldcover": (4, 3, 2, 1, 1, 6), "landsat": (4, 3, 2, 2, 2, 6)}
BANDS = {"sentinel2_l2a": (4, 6, 2), "worldcover": (1,), "landsat": (1, 10)}
SIDE = 2
"""Pixels along one side of a patch."""

DECODE, MISSING = 2, 3

PLAIN = {"default": {}, "sharp": {"tau": 0.05}, "unit": {"pred2unit": True}}
BY_SENSOR = {
    "default": {},
    "sharp": {"tau": 0.05, "weight": 0.7},
    "unit": {"pred2unit": True},
    "weights": {"modality_weights": {"sentinel2_l2a": 1.0, "worldcover": 0.25, "landsat": 2.0}},
}
MASKED = {
    **BY_SENSOR,
    "some_weights": {"modality_weights": {"landsat": 2.0}},
    "low_threshold": {"same_target_threshold": 0.3},
    "maps": {"mask_negatives_for_modalities": ["worldcover"]},
    "no_sensor": {"mask_negatives_for_modalities": []},
}
TOKEN_LOSSES: dict[str, dict[str, dict[str, Any]]] = {
    "all_discrimination": PLAIN,
    "modality_all_discrimination": PLAIN,
    "patch_discrimination": {**PLAIN, "weight": {"weight": 0.3}},
    "patch_discrimination_new": {"default": {}},
    "modality_patch_discrimination": BY_SENSOR,
    "modality_patch_discrimination_new": {"default": {}},
    "modality_patch_discrimination_vec": BY_SENSOR,
    "modality_patch_discrimination_masked_negatives": MASKED,
    "modality_patch_discrimination_masked_negatives_vec": MASKED,
    "adjusted_patch_discrimination": {**PLAIN, "narrow": {"mu": 0.2, "sigma": 0.3}},
    "l1": {"default": {}},
    "l2": {"default": {}},
    "cosine_similarity": {"default": {}},
    "cross_entropy": {"probabilities": {}, "numbers": {}},
}
PIXEL_LOSSES: dict[str, dict[str, Any]] = {
    "default": {},
    "smooth": {"loss_function": "SmoothL1Loss", "beta": 0.1},
    "huber": {"loss_function": "HuberLoss", "delta": 0.4, "weight": 0.5},
    "absolute": {"loss_function": "L1Loss", "only_decode": False},
}
REGROUPED = (("B02", "B09", "B11"), ("B12", "B03", "B01", "B8A", "B06"))
"""Tokens of Sentinel-2 in the setting "regrouped" of mae: bands from here and there, and some in no token."""

KOLEO: dict[str, dict[str, Any]] = {
    "vectors": {"weight": 0.3},
    "instance": {"mode": "instance"},
    "patch": {"mode": "patch", "eps": 1e-6},
}


def main(path: str) -> None:
    """Write the golden file."""
    rng = np.random.default_rng(7)
    predicted, target, masks = make_tokens(rng)
    out: dict[str, Any] = {
        f"{kind}/{name}": value.detach().numpy()
        for kind, values in (("p", predicted), ("t", target), ("m", masks))
        for name, value in values.items()
    }
    for key, settings in TOKEN_LOSSES.items():
        for setting, options in settings.items():
            # The reference stops where adjusted_patch_discrimination meets a sample without targets: the last one.
            rows = slice(0, 3) if key == "adjusted_patch_discrimination" else slice(None)
            out |= token_loss(key, setting, options, predicted, classes(key, setting, target), masks, rows)
    out |= koleo(rng, predicted, masks) | pooled(rng) | pixels(rng, masks)
    all_settings = {**TOKEN_LOSSES, "mae": PIXEL_LOSSES, "KoLeo": KOLEO}
    out["regrouped"] = np.array(json.dumps(REGROUPED))
    np.savez_compressed(path, settings=np.array(json.dumps(all_settings)), **out)


def make_tokens(rng: np.random.Generator) -> tuple[dict[str, torch.Tensor], ...]:
    """Predicted and target tokens and masks, by sensor."""
    predicted, target, masks = {}, {}, {}
    for name, shape in SHAPES.items():
        predicted[name] = torch.from_numpy(rng.standard_normal(shape).astype(np.float32)).requires_grad_()
        target[name] = torch.from_numpy(rng.standard_normal(shape).astype(np.float32))
        masks[name] = torch.from_numpy(rng.integers(0, 4, shape[:-1]))
    masks["sentinel2_l2a"][2] = 1  # a sample without targets of one sensor
    for mask in masks.values():
        mask[3, :] = 0  # a sample without any
    masks["worldcover"][0] = DECODE
    target["worldcover"][0, 1:] = target["worldcover"][0, 0, 0]  # a map with two classes, one of them once
    masks["worldcover"][1] = 1
    masks["worldcover"][1, 0, 0] = DECODE  # a single target
    masks["worldcover"][2] = DECODE
    target["worldcover"][2] = target["worldcover"][2, 0, 0]  # a map of one class
    masks["landsat"][0, 0, 0] = DECODE
    target["landsat"][0, 0, 0, 1] = 3 * target["landsat"][0, 0, 0, 0]  # targets in one direction
    return predicted, target, masks


def classes(key: str, setting: str, target: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The targets as the classes that cross_entropy wants, the targets themselves for any other loss."""
    if key != "cross_entropy":
        return target
    if setting == "numbers":
        return {name: value.argmax(-1, keepdim=True) for name, value in target.items()}
    return {name: value.softmax(-1) for name, value in target.items()}


def token_loss(key, setting, options, predicted, target, masks, rows) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """A loss and the gradient of the tokens to decode."""
    fields = {f"{name}_mask": mask[rows] for name, mask in masks.items()}
    loss = LossConfig(loss_config={"type": key, **options}).build()
    value = loss.compute(
        TokensAndMasks(**{name: tokens[rows] for name, tokens in predicted.items()}, **fields),
        TokensAndMasks(**{name: tokens[rows] for name, tokens in target.items()}, **fields),
    )
    gradients = torch.autograd.grad(value, list(predicted.values()))
    gradient = torch.cat([gradient.flatten(1, -2) for gradient in gradients], dim=1)
    decode = torch.cat([mask.flatten(1) for mask in masks.values()], dim=1) == DECODE
    assert not gradient[~decode].any()
    found: dict[str, Any] = {f"loss/{key}/{setting}": np.float64(value.item())}
    if not key.endswith(("_new", "_vec")):
        found[f"gradient/{key}/{setting}"] = gradient[decode].numpy()
    return found


def koleo(rng: np.random.Generator, predicted, masks) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """The regulariser on given vectors, on the mean of a sample's encoded tokens, and on the tokens."""
    vectors = torch.from_numpy(rng.standard_normal((6, 8)).astype(np.float32))
    vectors[4] = vectors[1]
    vectors.requires_grad_()
    tokens = TokensAndMasks(**predicted, **{f"{name}_mask": mask for name, mask in masks.items()})
    out: dict[str, Any] = {"vectors": vectors.detach().numpy()}
    encode = torch.cat([mask.flatten(1) for mask in masks.values()], dim=1) == 0
    for setting, options in KOLEO.items():
        loss = LossConfig(loss_config={"type": "KoLeo", **options}).build()
        value = loss.compute(vectors if setting == "vectors" else tokens, None)
        out[f"loss/KoLeo/{setting}"] = np.float64(value.item())
        if setting == "vectors":
            gradient = torch.autograd.grad(value, vectors)[0]
        else:
            gradients = torch.autograd.grad(value, list(predicted.values()))
            gradient = torch.cat([gradient.flatten(1, -2) for gradient in gradients], dim=1)[encode]
        out[f"gradient/KoLeo/{setting}"] = gradient.numpy()
    return out


def pooled(rng: np.random.Generator) -> dict[str, Any]:
    """InfoNCE between two sets of vectors."""
    first, second = (torch.from_numpy(rng.standard_normal((6, 8)).astype(np.float32)) for _ in range(2))
    first.requires_grad_()
    value = LossConfig(loss_config={"type": "InfoNCE", "tau": 0.2, "weight": 0.1}).build().compute(first, second)
    return {
        "first": first.detach().numpy(),
        "second": second.numpy(),
        "loss/info_nce": np.float64(value.item()),
        "gradient/info_nce": torch.autograd.grad(value, first)[0].numpy(),
    }


def pixels(rng: np.random.Generator, masks: dict[str, torch.Tensor]) -> dict[str, Any]:
    """Reconstructed against true pixels; the visibility is the tokens'. Two samples keep the file small."""
    out: dict[str, Any] = {}
    reconstructed, true, fields = {}, {}, {}
    for name, groups in BANDS.items():
        _, rows, columns, steps, _, _ = SHAPES[name]
        shape = (2, SIDE * rows, SIDE * columns, steps, sum(groups))
        reconstructed[name] = torch.from_numpy(rng.standard_normal(shape).astype(np.float32)).requires_grad_()
        values = torch.from_numpy(rng.standard_normal(shape).astype(np.float32))
        mask = masks[name][:2].repeat_interleave(SIDE, 1).repeat_interleave(SIDE, 2)
        missing = (mask == MISSING).repeat_interleave(torch.tensor(groups), -1)
        out |= {
            f"reconstructed/{name}": reconstructed[name].detach().numpy(),
            f"true/{name}": values.masked_fill(missing, 0).numpy(),
        }
        true[name] = values.masked_fill(missing, -99999)
        fields[f"{name}_mask"] = mask
    for setting, options in PIXEL_LOSSES.items():
        out |= pixel_loss(setting, options, reconstructed, true, fields)
    fields["sentinel2_l2a_mask"] = fields["sentinel2_l2a_mask"][..., : len(REGROUPED)]
    true["sentinel2_l2a"] = torch.from_numpy(out["true/sentinel2_l2a"])
    groups = {"sentinel2_l2a": ModalityTokenization(band_groups=[list(bands) for bands in REGROUPED])}
    options = {"tokenization_config": TokenizationConfig(overrides=groups)}
    return out | pixel_loss("regrouped", options, reconstructed, true, fields)


def pixel_loss(setting, options, reconstructed, true, fields) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """A loss and the gradients of the reconstructed pixels."""
    value = (
        LossConfig(loss_config={"type": "mae", **options})
        .build()
        .compute(
            TokensAndMasks(**reconstructed, **fields),
            MaskedOlmoEarthSample(timestamps=torch.zeros(2, 2, 3), **true, **fields),
        )
    )
    gradients = torch.autograd.grad(value, list(reconstructed.values()))
    named = zip(reconstructed, gradients, strict=True)
    return {
        f"loss/mae/{setting}": np.float64(value.item()),
        **{f"gradient/mae/{setting}/{name}": gradient.numpy() for name, gradient in named},
    }


if __name__ == "__main__":
    main(sys.argv[1])
