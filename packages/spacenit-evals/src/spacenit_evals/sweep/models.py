"""The models of a sweep, by what its flags name."""

from pathlib import Path
from typing import Any

from attrs import field, frozen

from spacenit_core.config import load_yaml, resolve
from spacenit_core.config.fields import setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig
from spacenit_core.pretrained.encoded import read_encoded
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.sweep.presets import PRESETS, Preset, member, preset
from spacenit_evals.sweep.request import SweptModel
from spacenit_evals.sweep.settings import with_settings

EVERY = "all"

_MODEL_NAME = "--model.model_name="
_CONFIG = "config.yaml"


@frozen(kw_only=True)
class SweptSettings:
    """What `--model.a=value` reaches of a model of others."""

    model: EmbedderConfig = setting("what embeds")


@frozen(kw_only=True)
class ModelFlags:
    """What names the models.

    Attributes:
        presets: names of models of others, or "all".
        skipped: names that are left out of "all".
        size: of the presets.
        all_sizes: whether every size of theirs is evaluated.
        name: what rows are called by; the model's own name if None.
        overrides: "--model.a=value".
        patch_size: cells along one side of a patch.
    """

    presets: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    size: str | None = None
    all_sizes: bool = False
    name: str | None = None
    overrides: tuple[str, ...] = field(default=())
    patch_size: int = 4


def models_of_others(flags: ModelFlags) -> tuple[list[SweptModel], list[str]]:
    """The models that presets name, and what of "all" is not installed.

    Raises:
        UserError: for a model, size or setting that does not exist.
    """
    absent = []
    names: list[str] = []
    for name in flags.presets:
        if name != EVERY:
            names.append(name)
            continue
        installed = [each for each in PRESETS if PRESETS[each].embedder in EMBEDDERS.names()]
        absent += [each for each in PRESETS if each not in installed]
        names += installed
    for name in flags.skipped:
        preset(name)
    chosen = [name for name in dict.fromkeys(names) if name not in flags.skipped]
    if not chosen:
        raise UserError("no model is left to evaluate", "name one: --galileo, --dino_v3, --panopticon, --model NAME")
    sizes = {name: list(preset(name).sizes) if flags.all_sizes else [flags.size] for name in chosen}
    several = sum(map(len, (found or [None] for found in sizes.values()))) > 1
    found = []
    for name in chosen:
        for size in sizes[name] or [None]:
            label = "_".join(filter(None, (flags.name or name, size if several and size else None)))
            if several and flags.name and len(chosen) > 1:
                label = f"{flags.name}_{name}" + (f"_{size}" if size else "")
            found.append(_of_others(preset(name), size, label, flags))
    return found, absent


def _of_others(chosen: Preset, size: str | None, label: str, flags: ModelFlags) -> SweptModel:
    settings: dict[str, Any] = {}
    overrides = []
    for token in flags.overrides:
        if token.startswith(_MODEL_NAME):
            settings |= member(chosen, token.removeprefix(_MODEL_NAME))
        else:
            overrides.append(token)
    base = SweptSettings(model=with_settings(chosen.config(size), **settings))
    embedder = resolve(base, overrides=overrides, source="default").value.model
    takes = embedder.takes(None, flags.patch_size)
    return SweptModel(
        name=label,
        embedder=embedder,
        takes=None if takes is None else takes.sensors,
        statistics=chosen.statistics,
        stated_sensors=any(token.startswith(("--model.sensors=", "--model.sensor=")) for token in overrides),
    )


def run_model(checkpoint: Path, name: str | None) -> SweptModel:
    """The encoder of a run, a checkpoint or a released model.

    Args:
        checkpoint: where it lies.
        name: what rows are called by.
    """
    return SweptModel(
        name=name or checkpoint.expanduser().resolve().name,
        embedder=ModelEncoder(),
        checkpoint=checkpoint,
        takes=encoded_sensors(checkpoint),
    )


def settings_of_checkpoint(checkpoint: Path) -> dict[str, Any]:
    """The experiment of a run's newest checkpoint, or of a named one, as plain data; empty for other models."""
    file = _config_file(checkpoint)
    found: dict[str, Any] = {} if file is None else load_yaml(file)
    return found


def encoded_sensors(checkpoint: Path) -> SensorSet | None:
    """The sensors that the encoder of a checkpoint saw; None for what is no checkpoint of a run."""
    file = _config_file(checkpoint)
    experiment = settings_of_checkpoint(checkpoint)
    if file is None or "sensors" not in experiment:
        return None
    sensors = SensorSet.of(experiment["sensors"], band_groups=experiment.get("band_groups"))
    return read_encoded(file.parent, experiment, sensors)


def _config_file(checkpoint: Path) -> Path | None:
    folder = checkpoint.expanduser()
    steps = steps_of(folder)
    file = (steps[max(steps)] if steps else folder) / _CONFIG
    return file if file.is_file() else None


def steps_of(run: Path) -> dict[int, Path]:
    """The checkpoints of a run by their steps, in order."""
    found = {
        int(path.name.removeprefix("step")): path
        for path in run.expanduser().glob("step*")
        if path.name.removeprefix("step").isdecimal() and path.is_dir()
    }
    return dict(sorted(found.items()))
