"""Settings that name sensors, anywhere in an experiment and in anybody's configs: found by how they are declared."""

import re
from collections.abc import Iterable
from typing import Any

import attrs
from attrs import evolve

from spacenit_core.kinds.sensors import SENSORS

_SAYS_SO = re.compile(r"(^|_)(sensors?|modality|modalities)(_|$)")


def sensor_names(names: Iterable[str]) -> tuple[str, ...]:
    """Sensor names as they are installed, from any case (`SENTINEL2_L2A`)."""
    return tuple(SENSORS.canonical(name) for name in names)


def sensor_lists(config: Any) -> dict[str, tuple[str, ...]]:
    """The settings of a config that name sensors, or say something for each of some, and the names that they have.

    A setting declares it (`setting(..., names="sensors")`), or has a name that says so (`hidden_sensors`) and holds
    texts, or a mapping from texts.
    """
    found = {}
    for field in attrs.fields(type(config)):
        value = getattr(config, field.name)
        if _names_sensors(field) and _is_of_texts(value):
            found[field.name] = tuple(value)
    return found


def cut_sensor_lists(config: Any, sensors: set[str]) -> Any:
    """The config with its lists of sensors, at any depth, in their installed names and cut to the sensors in use."""
    if isinstance(config, dict):
        return {name: cut_sensor_lists(value, sensors) for name, value in config.items()}
    if not attrs.has(type(config)):
        return config
    lists, changes = sensor_lists(config), dict[str, Any]()
    for field in attrs.fields(type(config)):
        value = getattr(config, field.name)
        new = _cut(value, sensors) if field.name in lists else cut_sensor_lists(value, sensors)
        if new is not value and new != value:
            changes[field.alias] = new
    return evolve(config, **changes) if changes else config


def _cut(value: Any, sensors: set[str]) -> Any:
    if isinstance(value, dict):
        named = zip(sensor_names(value), value.values(), strict=True)
        return {name: of for name, of in named if name in sensors}
    return type(value)(name for name in sensor_names(value) if name in sensors)


def _names_sensors(field: "attrs.Attribute[Any]") -> bool:
    declared = field.metadata.get("names")
    return declared == SENSORS.kind if declared else bool(_SAYS_SO.search(field.name))


def _is_of_texts(value: Any) -> bool:
    return isinstance(value, tuple | list | dict | set | frozenset) and all(isinstance(name, str) for name in value)
