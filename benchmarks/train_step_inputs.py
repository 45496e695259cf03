"""Write the batch, the weights and the loss of OlmoEarth Pretrain's train step, for `train_step.py --inputs`.

    H5DIR=SET_FOLDER PEER_PYTHON benchmarks/train_step_inputs.py OUT.npz --peer-script bench_train.py [--size nano]

Runs in an environment that has `olmoearth-pretrain`; the modules beside the peer's measuring script make its batch and
its train module with the official v1 settings. The loss is taken without drop path, as it would be random otherwise.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

RENAMED = [
    (r"\.patch_embeddings\.per_modality_embeddings\.\w+?\.(\w+)\.proj\.", r".patch_embedding.projections.\1."),
    (r"^target_encoder\.patch_embedding\.", "target."),
    (r"\.composite_encodings\.per_modality_channel_embeddings\.", ".encodings.channel."),
    (r"\.project_and_aggregate\.projection\.0\.", ".projection."),
    (r"\.encoder_to_decoder_embed\.", ".input_projection."),
    (r"\.to_output_embed\.", ".output_projection."),
]


def weights_by_our_names(model: torch.nn.Module) -> dict[str, np.ndarray]:
    """The model's weights as `LatentMIM` names and shapes them."""
    out = {}
    for name, value in model.state_dict().items():
        for pattern, replacement in RENAMED:
            name = re.sub(pattern, replacement, name)
        if "month_embed" not in name and not name.startswith("target_encoder."):
            out[name] = (value.flatten(1) if "projections." in name and value.ndim == 4 else value).numpy()
    for name in [name for name in out if ".attn.k." in name]:
        parts = "qkv" if name.startswith("encoder") else "kv"
        values = [out.pop(name.replace(".k.", f".{part}.")) for part in parts]
        out[name.replace(".k.", f".{parts}.")] = np.concatenate(values)
    return {f"weight/{name}": value for name, value in out.items()}


def arrays_of(batch: tuple[int, Any, Any]) -> dict[str, np.ndarray]:
    """Pixels, token masks of both views and timestamps."""
    patch, first, second = batch
    fields = first.as_dict()
    sensors = [name for name, value in fields.items() if f"{name}_mask" in fields and value is not None]
    out = {"patch_size": np.int64(patch), "timestamps": first.timestamps.numpy()}
    for name in sensors:
        out[f"pixels/{name}"] = fields[name].numpy().astype(np.float32)
        views = [view.as_dict()[f"{name}_mask"][:, ::patch, ::patch].numpy() for view in (first, second)]
        out[f"mask/{name}"] = np.stack(views).astype(np.uint8)
    return out


def loss_of(train_module: Any, batch: tuple[int, Any, Any]) -> float:
    """The loss of the step, without drop path."""
    train_module.model.train()
    for module in train_module.model.modules():
        if hasattr(module, "drop_prob"):
            module.drop_prob = 0.0
    patch, *views = batch
    with torch.no_grad():
        results = [train_module.model_forward(view, patch, train_module.token_exit_cfg) for view in views]
        contrast = train_module.contrastive_loss.compute(*(result[-1] for result in results))
        return float((results[0][0] + results[1][0]) / 2 + contrast)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--peer-script", type=Path, required=True)
    parser.add_argument("--size", default="nano")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--patch-size", type=int, default=4)
    parser.add_argument("--patches", type=int, default=5)
    options = parser.parse_args()
    sys.path.insert(0, str(options.peer_script.parent))
    import make_batch
    import peer_cfg

    batch = make_batch.get("v1", options.patch_size, options.patches, options.batch)
    train_module = peer_cfg.train_module(options.size, "v1")
    arrays = arrays_of(batch) | weights_by_our_names(train_module.model)
    np.savez(options.out, loss=np.float64(loss_of(train_module, batch)), **arrays)


if __name__ == "__main__":
    main()
