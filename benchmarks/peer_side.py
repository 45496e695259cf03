"""What the scripts share that run beside OlmoEarth Pretrain, in its environment: its models, its batches, as files.

They find the modules with its official settings (`peer_cfg`, `make_batch`) in the folder that is given to `use`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch


def use(folder: Path) -> None:
    """Make the modules in a folder importable."""
    sys.path.insert(0, str(folder))


def model_config(size: str, version: str) -> Any:
    """The official model, without what is random in a step: drop path and band dropout."""
    import peer_cfg

    config = peer_cfg.model_cfg(size, version)
    config.encoder_config.drop_path = config.encoder_config.band_dropout_rate = 0.0
    return config


def train_module(size: str, version: str, seed: int = 0) -> Any:
    """The official train module around `model_config`."""
    import peer_cfg

    config = model_config(size, version)
    official, peer_cfg.model_cfg = peer_cfg.model_cfg, lambda *_: config
    seeded, torch.manual_seed = torch.manual_seed, lambda _: None  # it would seed with 0
    try:
        seeded(seed)
        return peer_cfg.train_module(size, version)
    finally:
        peer_cfg.model_cfg, torch.manual_seed = official, seeded


def write_model(folder: Path, model: torch.nn.Module, size: str, version: str) -> None:
    """Write config.json and weights.pth as they are released."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model": model_config(size, version).as_config_dict()}))
    torch.save(model.state_dict(), folder / "weights.pth")


def arrays_of(batch: tuple[int, Any, Any]) -> dict[str, np.ndarray]:
    """Pixels, timestamps and the token masks of both views."""
    patch, first, second = batch
    fields = first.as_dict()
    out = {"patch_size": np.int64(patch), "timestamps": first.timestamps.numpy()}
    for name in [name for name, value in fields.items() if f"{name}_mask" in fields and value is not None]:
        out[f"pixels/{name}"] = fields[name].numpy().astype(np.float32)
        views = [view.as_dict()[f"{name}_mask"][:, ::patch, ::patch].numpy() for view in (first, second)]
        out[f"mask/{name}"] = np.stack(views).astype(np.uint8)
    return out


def batch_of(arrays: dict[str, np.ndarray]) -> tuple[int, Any, Any]:
    """The inverse of `arrays_of`."""
    from olmoearth_pretrain.datatypes import MaskedOlmoEarthSample

    views = []
    for view in range(2):
        fields = {"timestamps": torch.from_numpy(arrays["timestamps"])}
        for key in [key for key in arrays if key.startswith("pixels/")]:
            name = key.removeprefix("pixels/")
            mask = torch.from_numpy(arrays[f"mask/{name}"][view].astype(np.int64))
            side = arrays[key].shape[1] // mask.shape[1]
            fields[name] = torch.from_numpy(arrays[key])
            fields[f"{name}_mask"] = mask.repeat_interleave(side, 1).repeat_interleave(side, 2)
        views.append(MaskedOlmoEarthSample(**fields))
    return int(arrays["patch_size"]), views[0], views[1]
