"""Write losses.npz: losses and gradients of OlmoEarth Pretrain on ragged random tokens.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_losses.py losses.npz
"""

import logging
import sys
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from olmoearth_pretrain.nn.flexi_vit import TokensAndMasks  # noqa: E402
from olmoearth_pretrain.train.loss import LossConfig  # noqa: E402

SHAPES = {"sentinel2_l2a": (4, 3, 3, 5, 3, 8), "worldcover": (4, 3, 3, 1, 1, 8), "landsat": (4, 3, 3, 5, 2, 8)}
TOKEN_LOSSES = {
    "default": {},
    "sharp": {"tau": 0.05, "weight": 0.7},
    "unit": {"pred2unit": True},
    "weights": {"modality_weights": {"sentinel2_l2a": 1.0, "worldcover": 0.25, "landsat": 2.0}},
}


def main(path: str) -> None:
    """Write the golden file."""
    rng = np.random.default_rng(7)
    predicted, target, masks = {}, {}, {}
    for name, shape in SHAPES.items():
        predicted[name] = torch.from_numpy(rng.standard_normal(shape).astype(np.float32)).requires_grad_()
        target[name] = torch.from_numpy(rng.standard_normal(shape).astype(np.float32))
        masks[name] = torch.from_numpy(rng.integers(0, 4, shape[:-1]))
    masks["sentinel2_l2a"][2] = 1  # a sample without targets of one sensor
    for mask in masks.values():
        mask[3] = 0  # a sample without any
    masks["worldcover"][1] = 1
    masks["worldcover"][1, 0, 0] = 2  # a single target
    target["landsat"][0, 0, 0, 1] = target["landsat"][0, 0, 0, 0]  # equal targets
    fields = {f"{name}_mask": mask for name, mask in masks.items()}
    out = {
        f"{kind}/{n}": v.detach().numpy()
        for kind, d in (("p", predicted), ("t", target), ("m", masks))
        for n, v in d.items()
    }
    for key, options in TOKEN_LOSSES.items():
        loss = LossConfig(loss_config={"type": "modality_patch_discrimination_new", **options}).build()
        value = loss.compute(TokensAndMasks(**predicted, **fields), TokensAndMasks(**target, **fields))
        gradients = torch.autograd.grad(value, list(predicted.values()))
        out[f"loss/{key}"] = np.float64(value.item())
        out |= {f"gradient/{key}/{name}": grad.numpy() for name, grad in zip(SHAPES, gradients, strict=True)}
    first, second = (torch.from_numpy(rng.standard_normal((6, 8)).astype(np.float32)) for _ in range(2))
    first.requires_grad_()
    out |= {"first": first.detach().numpy(), "second": second.numpy()}
    value = LossConfig(loss_config={"type": "InfoNCE", "tau": 0.2, "weight": 0.1}).build().compute(first, second)
    out["loss/info_nce"] = np.float64(value.item())
    out["gradient/info_nce"] = torch.autograd.grad(value, first)[0].numpy()
    np.savez_compressed(path, **out)


if __name__ == "__main__":
    main(sys.argv[1])
