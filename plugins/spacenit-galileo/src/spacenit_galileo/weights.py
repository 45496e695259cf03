"""Galileo's weights."""

import json
from typing import Any

import torch

from spacenit_core.errors import DataError
from spacenit_core.foreign_weights import ForeignWeights, fit_exactly, read_state
from spacenit_galileo.network import GalileoEncoder

SIZES: dict[str, dict[str, Any]] = {
    "nano": {"embedding_size": 128, "depth": 4, "num_heads": 8},
    "tiny": {"embedding_size": 192, "depth": 12, "num_heads": 3},
    "base": {"embedding_size": 768, "depth": 12, "num_heads": 12},
}
"""The networks that weights were published for."""

_CONFIG, _WEIGHTS = "config.json", "encoder.pt"
_SETTINGS = ("embedding_size", "depth", "num_heads", "mlp_ratio", "max_sequence_length", "max_patch_size")


def files_of(size: str) -> ForeignWeights:
    """Where the files of one network lie."""
    return ForeignWeights(
        model="galileo",
        files=(_CONFIG, _WEIGHTS),
        variable="GALILEO_DIR",
        page=f"https://huggingface.co/nasaharvest/galileo (models/{size})",
        folders=(size, f"models/{size}"),
    )


def load_encoder(source: str | None, size: str) -> GalileoEncoder:
    """The pretrained encoder.

    Args:
        source: a folder with `config.json` and `encoder.pt`, or with folders `nano`, `tiny` and `base` of these; or
            `hf://OWNER/NAME/FOLDER`. None for what the environment variable GALILEO_DIR names.
        size: which, where a folder holds several.

    Raises:
        UserError: where there are none.
        DataError: where they are damaged, or do not fit this network exactly.
    """
    folder = files_of(size).find(source)
    try:
        settings = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))["model"]["encoder"]
        encoder = GalileoEncoder(**{name: settings[name] for name in _SETTINGS})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / _CONFIG} does not describe an encoder of galileo: {error!r}") from error
    state = {name.replace(".backbone", ""): values for name, values in read_state(folder / _WEIGHTS).items()}
    fit_exactly(encoder, state, folder / _WEIGHTS)
    return encoder


def parameters(size: str) -> int:
    """How many numbers a published network learned."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in GalileoEncoder(**SIZES[size]).parameters())
