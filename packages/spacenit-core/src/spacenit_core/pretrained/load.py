"""`load_model`: a trained model from wherever it lies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from attrs import evolve

from spacenit_core.errors import UserError, no_folder
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.pretrained.exported import WEIGHTS, load_encoder
from spacenit_core.pretrained.model import PretrainedModel
from spacenit_core.pretrained.olmoearth.hub import FILES, download, is_hub_id
from spacenit_core.pretrained.olmoearth.names import WeightMap
from spacenit_core.pretrained.olmoearth.translate import read_config
from spacenit_core.pretrained.olmoearth.weights import copy_weights, fitting, read_weights
from spacenit_core.pretrained.run import is_run, read_run
from spacenit_core.sensors.stored import check_installed, read_stored

Config = TypeVar("Config", bound=EntryConfig)


def load_model(
    source: Path | str, mask_missing: bool = True, max_sequence_length: int | None = None
) -> PretrainedModel:
    """Load a trained model.

    Args:
        source: a folder with `config.json` and `weights.pth` as OlmoEarth models are released, a hub id
            (`allenai/OlmoEarth-v1-Base`), a run of ours (its folder, or one of its checkpoints), or an encoder that
            `spacenit-run export` wrote.
        mask_missing: whether missing tokens influence nothing. False gives the numbers of the reference's evaluation
            mode, in which samples with fewer tokens than others of their batch attend to zeros.
        max_sequence_length: most time steps of a window, in place of the model's own (12 in released ones). The
            reference takes windows of any length; a model has seen none that are longer than its own.

    Returns:
        The model in evaluation mode, on the CPU.

    Raises:
        UserError: where there is nothing, config and weights do not fit together, or installed sensors are not those
            that it was trained on, with what differs.
        DataError: where a file is damaged or is not what it says.
    """

    def adapt(config: Config) -> Config:
        return with_steps(with_mask(config, mask_missing), max_sequence_length)

    folder = Path(source).expanduser()
    if not folder.is_dir():
        if isinstance(source, Path) or not is_hub_id(source):
            raise no_folder(folder, "give a folder, or a hub id: allenai/OlmoEarth-v1-Base")
        folder = download(source)
    if (folder / WEIGHTS).is_file():
        return load_encoder(folder, adapt)
    if (folder / FILES[0]).is_file():
        return _released(folder, source, adapt)
    if is_run(folder):
        run = read_run(folder, adapt)
        return PretrainedModel(run.model, run.sensors, run.config, run.path, run).eval()
    raise UserError(
        f"{folder} holds no model that can be loaded",
        f"it needs {' and '.join(FILES)}, {FILES[0]} and {WEIGHTS}, or the checkpoints of a run",
    )


def with_mask(config: Config, mask_missing: bool) -> Config:
    """The config of an encoder, or of a model whose encoder, lets missing tokens influence the others, or does not.

    Raises:
        UserError: for an encoder that has no such choice.
    """
    if isinstance(config, OlmoEarthEncoderConfig):
        return evolve(config, mask_missing=mask_missing)
    encoder = getattr(config, "encoder", None)
    if isinstance(encoder, OlmoEarthEncoderConfig):
        return evolve(cast(Any, config), encoder=with_mask(encoder, mask_missing))
    if not mask_missing:
        raise UserError("mask_missing=False is for encoders 'olmoearth', which the reference has", "leave it out")
    return config


def with_steps(config: Config, max_sequence_length: int | None) -> Config:
    """The config of an encoder, or of a model with one, for windows of so many time steps; as it is for None.

    Raises:
        UserError: where it is no whole number, or less than one.
    """
    if max_sequence_length is None:
        return config
    if not isinstance(max_sequence_length, int) or max_sequence_length < 1:
        raise UserError(f"max_sequence_length must be a number of time steps, at least 1, not {max_sequence_length!r}")
    encoder = getattr(config, "encoder", config)
    longer = evolve(cast(Any, encoder), max_sequence_length=max_sequence_length)
    return cast(Config, longer if encoder is config else evolve(cast(Any, config), encoder=longer))


def _released(folder: Path, source: Path | str, adapt: Callable[[ModelConfig], ModelConfig]) -> PretrainedModel:
    released = read_config(folder / FILES[0])
    # Those who release models in this form write no such file.
    if (sensors := read_stored(folder)) is not None:
        check_installed(sensors, released.sensors, folder)
    config = adapt(released.config)
    names = WeightMap(released.sensors, released.encoder)
    with torch.device("meta"):
        # Shapes without numbers: what does not fit is told before anything large is made.
        shapes = names.reference_shapes(config.build(released.sensors).state_dict())
    theirs = fitting(read_weights(folder / FILES[1]), shapes, folder)
    with torch.random.fork_rng(devices=[]):
        model = config.build(released.sensors)
    copy_weights(model, theirs, names)
    return PretrainedModel(model, released.sensors, config, source).eval()
