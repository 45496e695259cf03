"""DINOv3's weights, in the files of its authors, of transformers and of timm."""

import os
import re
from pathlib import Path

import torch
from torch import Tensor

from spacenit_core.checkpoint.tensors import unpack
from spacenit_core.errors import DataError, UserError
from spacenit_core.foreign_weights import HUB, ForeignWeights, digest_of, fit_exactly, read_state
from spacenit_dinov3 import network
from spacenit_dinov3.models import DATA, PAGE, Flavour

VARIABLE = "DINOV3_CHECKPOINT_DIR"
SAFETENSORS = "model.safetensors"

_OF_AUTHORS = {"storage_tokens": "reg_token", "ls1.gamma": "gamma_1", "ls2.gamma": "gamma_2"}
_OF_TRANSFORMERS = {
    "embeddings.cls_token": "cls_token",
    "embeddings.register_tokens": "reg_token",
    "embeddings.patch_embeddings": "patch_embed.proj",
    "layer_scale1.lambda1": "gamma_1",
    "layer_scale2.lambda1": "gamma_2",
    "attention.o_proj": "attn.proj",
}
_GATED = {"mlp.w1.": "mlp.fc1_g.", "mlp.w2.": "mlp.fc1_x.", "mlp.w3.": "mlp.fc2."}
_PRETRAINING = ("mask_token", "local_cls_norm", "rope_embed", "bias_mask")
"""Parts of names that only pretraining uses, or that are computed."""


def find_file(source: str | None, size: str, flavour: Flavour) -> Path:
    """The file of the weights of one network.

    Args:
        source: a file; a folder with `model.safetensors` or the authors' `dinov3_SIZE_pretrain_DATA-HASH.pth`; or
            `hf://OWNER/NAME`, whose terms the owner of the token has accepted. None for what the environment variable
            DINOV3_CHECKPOINT_DIR names.
        size: which network.
        flavour: which of its weights.

    Raises:
        UserError: where there is none.
        DataError: where the hub does not have it.
    """
    given = source or os.environ.get(VARIABLE)
    name = f"dinov3_{size}_pretrain_{DATA[flavour]}"
    files = ForeignWeights(
        model="dinov3", files=(SAFETENSORS,), variable=VARIABLE, page=PAGE, folders=(name, size, f"{size}_{flavour}")
    )
    if not given or given.startswith(HUB):
        return files.find(given) / SAFETENSORS
    path = Path(given).expanduser()
    if path.is_file():
        return path
    found = sorted(path.glob(f"{name}-*.pth"))
    if len(found) > 1:
        raise UserError(f"{path} holds several files {name}-*.pth", "name one of them by `weights`")
    if found:
        return found[0]
    try:
        return files.find(given) / SAFETENSORS
    except UserError:
        raise UserError(
            f"{path} holds no weights of dinov3 {size} ({flavour})",
            f"they are {name}-*.pth or {SAFETENSORS}, from {PAGE}",
        ) from None


def digest(source: str | None, size: str, flavour: Flavour) -> str:
    """The SHA-256 of the file; empty where it is not here."""
    try:
        return digest_of(find_file(source, size, flavour))
    except (UserError, DataError):
        return ""


def load_network(source: str | None, size: str, flavour: Flavour) -> network.DinoNetwork:
    """The pretrained network.

    Args:
        source: see `find_file`.
        size: which network.
        flavour: which of its weights.

    Raises:
        UserError: where there are no weights, or timm is not installed.
        DataError: where the file is damaged, or does not fit the network exactly.
    """
    path = find_file(source, size, flavour)
    _check_hash(path)
    state = by_names_of_timm(unpack(path) if path.suffix == ".safetensors" else read_state(path))
    # Biases of queries and values are 0 in most files; where a file has them, they count.
    biased = any(name.endswith("attn.q_bias") for name in state)
    built = network.create(size, **({"qkv_bias": True} if biased else {}))
    fit_exactly(built.model, state, path)
    return built


def by_names_of_timm(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of any of the three by the names that timm gives them; what only pretraining uses is left out."""
    kept = {name: values for name, values in state.items() if not any(part in name for part in _PRETRAINING)}
    if "storage_tokens" in kept:
        return _from_authors(kept)
    if "embeddings.cls_token" in kept:
        return _from_transformers(kept)
    return kept


def _from_authors(state: dict[str, Tensor]) -> dict[str, Tensor]:
    out = {}
    for name, values in state.items():
        if name.endswith("attn.qkv.bias"):
            # That of keys is masked, so that it never counts.
            out[name.replace("qkv.bias", "q_bias")], _, out[name.replace("qkv.bias", "v_bias")] = values.chunk(3)
        else:
            out[_renamed(name, _OF_AUTHORS | _GATED)] = values
    return out


def _from_transformers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    out, projections = {}, re.compile(r"attention\.[qkv]_proj\.")
    for name, values in state.items():
        block = name.replace("model.layer.", "layer.").replace("layer.", "blocks.", 1)
        if block.endswith("attention.q_proj.weight"):
            parts = [state[name.replace("q_proj", part)] for part in ("q_proj", "k_proj", "v_proj")]
            out[block.replace("attention.q_proj", "attn.qkv")] = torch.cat(parts)
        elif block.endswith(("attention.q_proj.bias", "attention.v_proj.bias")):
            out[block.replace("attention.", "attn.").replace("_proj.bias", "_bias")] = values
        elif not projections.search(block):
            gate = {"mlp.gate_proj": "mlp.fc1_g", "mlp.up_proj": "mlp.fc1_x"}
            plain = {"mlp.up_proj": "mlp.fc1"}
            up = gate if name.partition("mlp.")[0] + "mlp.gate_proj.weight" in state else plain
            out[_renamed(block, _OF_TRANSFORMERS | up | {"mlp.down_proj": "mlp.fc2"})] = values
    return out


def _renamed(name: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        name = name.replace(old, new)
    return name


def _check_hash(path: Path) -> None:
    """Hold a file to the hash in its name, where it has one."""
    stated = re.search(r"-([0-9a-f]{8})\.pth$", path.name)
    if stated and not digest_of(path).startswith(stated[1]):
        raise DataError(f"{path} is damaged: its content is not that of its name", f"get it again from {PAGE}")
