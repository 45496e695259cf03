"""Where a configuration holds entries, and what `--plugin KIND=NAME` means for it."""

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from spacenit_core.config.aliases import Keys, SettingAliases
from spacenit_core.config.merge import merge
from spacenit_core.config.overrides import Override, OverrideTree
from spacenit_core.config.problems import Problem
from spacenit_core.config.shapes import Shape, fields_of, shape_of, type_of
from spacenit_core.config.tree import ConfigTree
from spacenit_core.errors import UserError
from spacenit_core.plugins.registry import kind_named, singular
from spacenit_core.text import did_you_mean


@frozen
class SlotAt:
    """A slot of a configuration.

    Attributes:
        path: where it is.
        kind: the kind of the entry that it holds.
        entry: the name of that entry; None where it is empty.
        mapping: whether it is a mapping that holds any number of entries by name.
    """

    path: Keys
    kind: str
    entry: str | None
    mapping: bool = False


def slots_of(tree: ConfigTree) -> list[SlotAt]:
    """All slots of a configuration, outer ones first."""
    return sorted(_slots(tree.root, tree.values, ()), key=lambda slot: len(slot.path))


def set_plugins(tree: ConfigTree, options: Sequence[str], aliases: SettingAliases) -> None:
    """Set slots by kind, as `--plugin KIND=NAME` (or PATH=NAME) asks; problems are collected in the tree.

    Outer slots are set first, whatever the order of the options: inner ones belong to what the outer ones hold.
    """
    waiting = list(dict.fromkeys(options))
    chosen: dict[Keys, tuple[str, str]] = {}
    while waiting:
        targets = {option: _target(tree, option, aliases) for option in waiting}
        option = min(waiting, key=lambda option: _depth(targets[option]))
        waiting.remove(option)
        target, where = targets[option], f"--plugin {option}"
        if isinstance(target, Problem):
            tree.problems.append(target)
            continue
        path, name = target
        earlier, before = chosen.setdefault(path, (name, where))
        if earlier != name:
            message = f"two different values for {'.'.join(path)}"
            tree.problems.append(Problem(message, path, "keep one of them", f"{before} and {where}"))
            continue
        override = OverrideTree()
        override.at(path).given.append(Override(name, True, where, where, path))
        merge(tree, override)


def _slots(cls: type, values: dict[str, Any], path: Keys) -> Iterator[SlotAt]:
    for name, field in fields_of(cls).items():
        yield from _slots_in(shape_of(type_of(field)), values.get(name), (*path, name))


def _slots_in(shape: Shape, value: Any, path: Keys) -> Iterator[SlotAt]:
    if shape.form == "slot":
        entry = value["type"] if isinstance(value, dict) else None
        yield SlotAt(path, shape.kind.kind, entry)
        if entry is not None:
            yield from _slots(shape.kind.get(entry), value, path)
    elif shape.form == "node" and isinstance(value, dict):
        yield from _slots(shape.annotation, value, path)
    elif shape.form == "mapping":
        assert shape.item is not None
        if shape.item.form == "slot":
            yield SlotAt(path, shape.item.kind.kind, None, mapping=True)
        for key, item in (value or {}).items():
            yield from _slots_in(shape.item, item, (*path, key))


def _depth(target: "tuple[Keys, str] | Problem") -> int:
    # What cannot be placed waits for the others: an outer slot may yet bring theirs.
    return 1_000 if isinstance(target, Problem) else len(target[0])


def _target(tree: ConfigTree, option: str, aliases: SettingAliases) -> "tuple[Keys, str] | Problem":
    """The slot that an option means, and the entry for it."""
    where = f"--plugin {option}"
    what, equals, name = (part.strip() for part in option.partition("="))
    if not (what and equals and name):
        return Problem("expected KIND=NAME", (), "for example --plugin masking=random", where)
    slots = slots_of(tree)
    by_path = {slot.path: slot for slot in slots}
    try:
        path = aliases.canonical(tuple(what.replace("-", "_").split(".")))
        if path in by_path and not by_path[path].mapping:
            return path, name
        if len(path) > 1 and path[:-1] in by_path and by_path[path[:-1]].mapping:
            return path, name
        if len(path) > 1:
            question = did_you_mean(what, [".".join(known) for known in by_path])
            return Problem(f"{what} holds no entry" + (f"; {question}" if question else ""), path, "", where)
        kind = kind_named(what)
    except UserError as error:
        return Problem(error.message, (), error.hint or "", where)
    return _only(slots, kind, name, where)


def _only(slots: list[SlotAt], kind: str, name: str, where: str) -> "tuple[Keys, str] | Problem":
    """The only slot of a kind, or why there is none."""
    slots = _outermost(slots)
    mapping = next((slot for slot in slots if slot.kind == kind and slot.mapping), None)
    if mapping is not None:
        return (*mapping.path, name), name
    filled = [slot for slot in slots if slot.kind == kind and slot.entry is not None]
    if len(filled) == 1:
        return filled[0].path, name
    if filled:
        lines = [f"--plugin {'.'.join(slot.path)}={name} (now {slot.entry})" for slot in filled]
        count = f"{len(filled)} slots hold {singular(kind)} entries"
        return Problem(f"{count}; name the one you mean", (), "\n".join(lines), where)
    empty = [slot for slot in slots if slot.kind == kind]
    if empty:
        lines = [f"--plugin {'.'.join(slot.path)}={name}" for slot in empty]
        return Problem(f"the slot for {singular(kind)} is empty; name it to fill it", (), "\n".join(lines), where)
    held = ", ".join(sorted({slot.kind for slot in slots}))
    hint = f"it has slots of kind {held}"
    if kind == "sensors":
        hint = "sensors are a list: --sensors=[sentinel2_l2a,landsat]"
    return Problem(f"this recipe has no slot of kind {kind}", (), hint, where)


def _outermost(slots: list[SlotAt]) -> list[SlotAt]:
    """Those that are not below a slot of their own kind: an entry composed of others of its kind is replaced whole."""
    paths = {kind: [slot.path for slot in slots if slot.kind == kind] for kind in {slot.kind for slot in slots}}
    return [
        slot
        for slot in slots
        if not any(slot.path != path and slot.path[: len(path)] == path for path in paths[slot.kind])
    ]
