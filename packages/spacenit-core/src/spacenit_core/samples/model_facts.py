"""What is known of a model that embeds: what it takes, and where it comes from."""

import json
from collections.abc import Sequence
from typing import Any

from attrs import fields, frozen

from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet


@frozen(kw_only=True)
class TakenSensor:
    """A sensor that a model takes.

    Attributes:
        name: the sensor's.
        bands: those that reach the model, in the order in which it takes them.
        units: what their values are given in.
    """

    name: str
    bands: tuple[str, ...]
    units: str


@frozen(kw_only=True)
class ModelFacts:
    """What a model takes, and where it comes from.

    Attributes:
        sensors: what it takes; empty for whatever there is.
        normalisation: what becomes of stored values, in words.
        patch_sizes: the smallest and the largest patch, in grid cells; None where it has none.
        input_size: what becomes of a window's height and width, in words.
        time: what it does with several dates and with months, in words.
        weights: where they come from; empty where none are read.
        sha256: of the file of the weights, or of the weights themselves; empty where none are read or they are not
            here.
        code_licence: of the code that computes; empty where unknown.
        weights_licence: likewise.
        parameters: how many numbers it learned; None where unknown.
        pretrained_on: in words; empty for nothing.
        seen: the benchmarks of which it saw images in pretraining, by our names; None where unknown.
    """

    sensors: tuple[TakenSensor, ...] = ()
    normalisation: str = ""
    patch_sizes: tuple[int, int] | None = None
    input_size: str = ""
    time: str = ""
    weights: str = ""
    sha256: str = ""
    code_licence: str = ""
    weights_licence: str = ""
    parameters: int | None = None
    pretrained_on: str = ""
    seen: tuple[str, ...] | None = None


def taken_sensors(sensors: SensorSet) -> tuple[TakenSensor, ...]:
    """Each sensor with the bands that are embedded and the units that it states."""
    return tuple(
        TakenSensor(
            name=spec.name, bands=tuple(band for group in spec.token_groups for band in group), units=spec.units
        )
        for spec in sensors
    )


def identity_of(
    config: Any, adapter: str, facts: ModelFacts, inputs: ModelInputs, apart: Sequence[str], basis: str = ""
) -> str:
    """All that decides on vectors, as JSON with sorted keys: the same text, the same vectors of the same samples.

    Args:
        config: an attrs object, whose settings count.
        adapter: the version of what stands between samples and model.
        facts: its weights' hash, normalisation and size of inputs count; where its files lie does not.
        inputs: what the samples hold.
        apart: settings that do not count.
        basis: what else decides.
    """
    settings = {each.name: repr(getattr(config, each.name)) for each in fields(type(config))}
    record = {
        "embedder": f"{type(config).__module__}:{type(config).__qualname__}",
        "adapter": adapter,
        "settings": {name: text for name, text in settings.items() if name not in apart},
        "weights": facts.sha256,
        "normalisation": facts.normalisation,
        "input_size": facts.input_size,
        "time": facts.time,
        "sensors": [repr(spec) for spec in inputs.sensors],
        "patch_size": inputs.patch_size,
        "max_timesteps": inputs.max_timesteps,
        "basis": basis,
    }
    return json.dumps(record, sort_keys=True)
