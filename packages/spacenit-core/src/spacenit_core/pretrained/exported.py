"""An encoder on its own, in our files: `config.json` and `encoder.safetensors`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from spacenit_core import initial_weights
from spacenit_core.checkpoint.tensors import copy_into, unpack
from spacenit_core.config import structure, unstructure
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.encoders import ENCODERS, EncoderConfig
from spacenit_core.pretrained.model import PretrainedModel
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.stored import check_installed, stored

CONFIG, WEIGHTS = "config.json", "encoder.safetensors"
FORMAT, VERSION = "spacenit-encoder", 2

_WITHOUT_SENSORS = 1
"""The version that names sensors and says nothing else of them."""


def described(config: EncoderConfig, sensors: SensorSet) -> dict[str, Any]:
    """What `config.json` says of an encoder, in JSON values."""
    regrouped = {spec.name: [list(group) for group in spec.regrouped] for spec in sensors if spec.regrouped is not None}
    return {
        "format": FORMAT,
        "version": VERSION,
        "sensors": list(sensors.names),
        "stored_sensors": stored(sensors),
        "band_groups": regrouped,
        "encoder": {"type": ENCODERS.name_of(config), **unstructure(config)},
    }


def load_encoder(folder: Path, adapt: Callable[[Any], Any]) -> PretrainedModel:
    """Load an encoder that `described` describes.

    Args:
        folder: where the two files are.
        adapt: changes the encoder's config, where that leaves its weights as they are.

    Raises:
        DataError: where a file is damaged.
        UserError: where it was written by a newer version, its parts do not fit together, or installed sensors are not
            those that it was trained on.
    """
    path = folder / CONFIG
    try:
        content = json.loads(path.read_bytes())
        form, version = content["format"], content["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error!r}") from None
    if form != FORMAT or version not in (_WITHOUT_SENSORS, VERSION):
        raise UserError(
            f"{path} has the format {form!r}, version {version}; this is read: {FORMAT!r}, version {VERSION}",
            "update spacenit-core",
        )
    try:
        sensors = SensorSet.of(content["sensors"], band_groups=content["band_groups"])
        check_installed(None if version == _WITHOUT_SENSORS else content["stored_sensors"], sensors, folder)
        config = adapt(structure(content["encoder"], EncoderConfig))
    except KeyError as error:
        raise DataError(f"{path} lacks {error}") from None
    except (TypeError, AttributeError) as error:
        raise DataError(f"{path} describes no encoder: {error}") from None
    with torch.random.fork_rng(devices=[]), initial_weights.drawn():
        encoder = config.build(sensors)
    copy_into(encoder, unpack(folder / WEIGHTS), folder)
    return PretrainedModel(encoder, sensors, config, folder).eval()
