"""What outlives another type of a slot: settings of equal name, where the new entry takes their values."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from spacenit_core.config.aliases import Keys
from spacenit_core.config.converter import converter, refusal
from spacenit_core.config.overrides import Override
from spacenit_core.config.shapes import Shape, fields_of, shape_of, type_of
from spacenit_core.config.tree import ConfigTree, defaults
from spacenit_core.errors import UserError

CARRIED = "carried over from "
"""How the sources of settings begin that were another entry's."""


def exchanged(tree: ConfigTree, shape: Shape, path: Keys, old: Any, name: str) -> dict[str, Any]:
    """The plain values of a new entry in a slot: its defaults, and what it takes over from the entry before it.

    A setting is carried over where both entries have it and the new one accepts the value, stated or not: who swaps one
    thing keeps the rest of the experiment. Parts (slots, nested configs) are carried over where both entries fill them.
    What was stated and is not carried over is told in `tree.dropped`.

    Args:
        tree: the configuration; its values at the path are still the old ones.
        shape: the slot's.
        path: the slot's.
        old: the plain values of the entry before; anything but a mapping where the slot was empty.
        name: the new entry.
    """
    cls = shape.kind.get(name)
    values = {"type": name, **defaults(cls)}
    if not isinstance(old, dict):
        tree.forget(path, "")
        return values
    carried: dict[Keys, Override] = {}
    for key, field in fields_of(cls).items():
        if key not in old:
            continue
        why = _refused(cls, key, shape_of(type_of(field)), old[key], values)
        if why:
            reason = f"{'.'.join(path)} is now {name}, which does not take it ({why})"
            tree.forget((*path, key), reason, whole=True)
            continue
        stated = {where: given for where, given in tree.sources.items() if where[: len(path) + 1] == (*path, key)}
        if values.get(key, _ABSENT) != old[key]:
            stated = stated or {(*path, key): Override(None, False, "", "")}
        values[key] = old[key]
        carried |= {where: _carried(given, old["type"]) for where, given in stated.items()}
        tree.forget((*path, key), "")
    tree.forget(path, f"{'.'.join(path)} is now {name}, which has no such setting")
    tree.sources.update(carried)
    return values


_ABSENT: Any = object()


def carried_below(sources: Mapping[Keys, Override], path: Keys) -> list[str]:
    """The names of an entry's settings that were carried over into it."""
    below = [key for key, given in sources.items() if key[:-1] == path and given.source.startswith(CARRIED)]
    return [key[-1] for key in below]


def _carried(given: Override, entry: str) -> Override:
    if given.source.startswith(CARRIED):
        return given
    source = f"{CARRIED}{entry}" + (f" ({given.source})" if given.source else "")
    return evolve(given, source=source, where=source)


def _refused(cls: type, key: str, shape: Shape, value: Any, standard: dict[str, Any]) -> str:
    """Why an entry does not take a value over; empty where it does."""
    if shape.form != "value" and (value is None) != (standard.get(key, _ABSENT) is None):
        return "it leaves that empty" if value is not None else "it needs one"
    try:
        plain = converter().structure(value, type_of(fields_of(cls)[key]))
    except UserError as error:
        return error.message
    return refusal(cls, key, plain)
