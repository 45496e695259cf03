"""What a model was trained on, of each sensor: stored with its weights, and compared with what is installed."""

import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from spacenit_core.errors import DataError, UserError
from spacenit_core.plugins.registry import registry
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec

SENSORS_FILE = "sensors.json"
FORMAT, VERSION = "spacenit-sensors", 1

_SHOWN = 8
_TOLERANCE = 1e-6

log = logging.getLogger(__name__)


def stored(sensors: SensorSet) -> dict[str, Any]:
    """All of the sensors that decides what their tokens are, in JSON values."""
    facts = {spec.name: {"from": _origin(spec), **_facts(spec)} for spec in sensors}
    return {"format": FORMAT, "version": VERSION, "sensors": facts}


def stored_bytes(sensors: SensorSet) -> bytes:
    """The content of `sensors.json`."""
    return json.dumps(stored(sensors), indent=1).encode()


def read_stored(folder: Path) -> dict[str, Any] | None:
    """What `sensors.json` in a folder says; None where there is none, as in what older versions wrote.

    Raises:
        DataError: where it is damaged.
    """
    path = folder / SENSORS_FILE
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise DataError(f"{path} describes no sensors")
    return content


def check_installed(content: Mapping[str, Any] | None, sensors: SensorSet, source: Path | str) -> None:
    """Refuse sensors that are no longer what a model was trained on; where nothing was stored, say so.

    Args:
        content: what was stored.
        sensors: the same sensors as they are installed, with the model's band groups.
        source: the model, for messages.

    Raises:
        UserError: with every difference, or where a newer version wrote it.
    """
    if content is None:
        note_unknown(str(source), ", ".join(sensors.names))
        return
    found = differences(content, sensors, source)
    if found:
        raise UserError(
            f"{source} was trained on other sensors than those that are installed:\n  {_shortened(found)}",
            f"{_where_from(content, sensors)}; with these sensors the model's tokens would be other ones",
        )


def differences(content: Mapping[str, Any], sensors: SensorSet, source: Path | str) -> list[str]:
    """How installed sensors differ from stored ones, a line for each fact: stored -> installed.

    Sensors that are only in one of both are passed over.

    Raises:
        UserError: where a newer version stored them.
        DataError: where it makes no sense.
    """
    if (content.get("format"), content.get("version")) != (FORMAT, VERSION):
        raise UserError(
            f"the sensors of {source} are stored in the format {content.get('format')!r}, version "
            f"{content.get('version')}; this is read: {FORMAT!r}, version {VERSION}",
            "update spacenit-core",
        )
    facts = content.get("sensors")
    if not isinstance(facts, dict) or not all(isinstance(of, dict) for of in facts.values()):
        raise DataError(f"what is stored of the sensors of {source} is damaged")
    return [
        f"{spec.name}: {line}"
        for spec in sensors
        if spec.name in facts
        for line in _compared(facts[spec.name], _facts(spec))
    ]


@cache
def note_unknown(source: str, names: str) -> None:
    """Say, once, that a model is older than the storing of sensors."""
    log.warning(
        "note: %s was made before sensors were stored with a model: it is taken for granted that %s are installed as "
        "they were then",
        source,
        names,
    )


def _facts(spec: SensorSpec) -> dict[str, Any]:
    derived = spec.derived
    facts = {
        "bands": list(spec.bands),
        "groups": [list(group) for group in spec.token_groups],
        "temporal": spec.temporal,
        "spatial": spec.spatial,
        "grid_gsd": spec.grid_gsd,
        "pixels_per_cell": spec.pixels_per_cell,
        "normalization": _typed(spec.normalization),
        "derived": None if derived is None else {**_typed(derived), "source_bands": _bands_of(derived.source)},
    }
    plain: dict[str, Any] = json.loads(json.dumps(facts, default=_without_numpy))
    return plain


def _typed(value: Any) -> Any:
    if value is None:
        return None
    if attrs.has(type(value)):
        return {"type": type(value).__name__, **attrs.asdict(value)}
    # A plugin's own class: what it does says what it is.
    made = dict(zip(("scale", "offset"), value.scale_and_offset(), strict=True)) if _normalises(value) else vars(value)
    return {"type": type(value).__name__, **made}


def _normalises(value: Any) -> bool:
    return hasattr(value, "scale_and_offset")


def _without_numpy(value: Any) -> Any:
    """Numbers and arrays of numpy as JSON has them; other things as they describe themselves."""
    return value.tolist() if hasattr(value, "tolist") else repr(value)


def _bands_of(name: str) -> list[str]:
    return list(registry("sensors").get(name).bands)


def _origin(spec: SensorSpec) -> str | None:
    """The distribution and version that a sensor comes from; None for one that is not installed."""
    try:
        entry = registry("sensors").entry(spec.name)
    except UserError:
        return None
    return f"{entry.distribution} {entry.version}"


def _compared(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, value in now.items():
        then = before.get(name)
        if isinstance(value, dict) and isinstance(then, dict) and then.get("type") == value["type"]:
            for key in value:
                yield from _values(key, then.get(key), value[key], now["bands"])
        else:
            yield from _values(name, then, value, now["bands"])


def _values(name: str, then: Any, now: Any, bands: Sequence[str]) -> Iterator[str]:
    if _same(then, now):
        return
    if _is_per_band(then, bands) and _is_per_band(now, bands):
        for band, old, new in zip(bands, then, now, strict=True):
            if not _same(old, new):
                yield f"{name} of {band}: {old} -> {new}"
    else:
        yield f"{name}: {json.dumps(then)} -> {json.dumps(now)}"


def _is_per_band(value: Any, bands: Sequence[str]) -> bool:
    return isinstance(value, list) and len(value) == len(bands) and all(isinstance(one, float | int) for one in value)


def _same(then: Any, now: Any) -> bool:
    """Equal, numbers as far as float32 tells them apart."""
    if isinstance(then, list) and isinstance(now, list):
        return len(then) == len(now) and all(map(_same, then, now))
    if isinstance(then, float) and isinstance(now, float | int):
        return math.isclose(then, now, rel_tol=_TOLERANCE) or (math.isnan(then) and math.isnan(now))
    return bool(then == now)


def _where_from(content: Mapping[str, Any], sensors: SensorSet) -> str:
    """What to install, where it is known that it was another version."""
    stated = {spec.name: content["sensors"].get(spec.name, {}).get("from") for spec in sensors}
    other = {str(stated[spec.name]) for spec in sensors if stated[spec.name] not in (None, _origin(spec))}
    if other:
        return f"install what it was trained with ({', '.join(sorted(other))})"
    origins = sorted({origin for spec in sensors if (origin := _origin(spec)) is not None})
    return f"put the sensors of {', '.join(origins) or 'that model'} back as they were"


def _shortened(lines: Sequence[str]) -> str:
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n  ".join([*lines[:_SHOWN], *more])
