"""Lay one layer of settings upon the configuration, each value read by the type that it reaches."""

from typing import Any, get_args, get_origin

import attrs

from spacenit_core.config.aliases import Keys
from spacenit_core.config.carry_over import exchanged
from spacenit_core.config.converter import converter, unknown_key
from spacenit_core.config.overrides import Override, OverrideTree, is_empty_mapping
from spacenit_core.config.parsing import BOOLS, NONES, parse
from spacenit_core.config.problems import Invalid, Problem, shown
from spacenit_core.config.shapes import Shape, fields_of, shape_of, type_of
from spacenit_core.config.tree import ConfigTree, defaults, leaves
from spacenit_core.errors import UserError

_ABSENT: Any = object()
"""The value of what is not there, and the answer of what could not be read."""


def merge(tree: ConfigTree, override: OverrideTree) -> None:
    """Lay a layer upon the values of a tree; problems are collected there.

    A slot's type goes before the settings below it, whatever the order they came in. A new type starts from its own
    defaults and takes settings of equal names over from the old one (`exchanged`); what else lower layers stated is
    dropped.
    """
    _Merge(tree).node(tree.root, tree.values, override, ())


class _Merge:
    def __init__(self, tree: ConfigTree) -> None:
        self.tree = tree

    def node(self, cls: type, values: dict[str, Any], override: OverrideTree, path: Keys) -> None:
        fields = fields_of(cls)
        for key, child in override.children.items():
            if key not in fields:
                self._unknown(key, cls, child, path)
                continue
            shape = shape_of(type_of(fields[key]))
            changed = self._field(shape, values.get(key, _ABSENT), child, (*path, key))
            if changed is not _ABSENT:
                values[key] = changed

    def _field(self, shape: Shape, current: Any, override: OverrideTree, path: Keys) -> Any:
        if shape.form == "value":
            return self._value(shape.annotation, current, override, path)
        if self._emptied(shape, override, path):
            return None
        if self._says_nothing(shape, current, override, path):
            return _ABSENT
        if shape.form == "slot":
            return self._slot(shape, current, override, path)
        if shape.form == "mapping":
            return self._mapping(shape, current, override, path)
        for given in override.given:
            keys = ", ".join(fields_of(shape.annotation))
            self._tell(given, path, f"expected a mapping of settings, not {shown(given.value)}", f"its keys: {keys}")
        values = current if isinstance(current, dict) else defaults(shape.annotation)
        self.node(shape.annotation, values, override, path)
        return values

    def _mapping(self, shape: Shape, current: Any, override: OverrideTree, path: Keys) -> Any:
        for given in override.given:
            self._tell(
                given, path, f"expected names with their settings, not {shown(given.value)}", _adding(shape, path)
            )
        values = dict(current) if isinstance(current, dict) else {}
        if empty := next((given for given in override.whole if is_empty_mapping(given)), None):
            # What the same layer says of single items is laid upon nothing.
            self.tree.forget(path, f"{'.'.join(path)} was emptied")
            self.tree.sources[path], values = empty, {}
        assert shape.item is not None
        for key, child in override.children.items():
            present = values.get(key, _ABSENT)
            if shape.item.form == "slot" and not self._emptied(shape.item, child, (*path, key)):
                if present is _ABSENT and self._only_switched_off(shape.item, key, child):
                    continue
                changed = self._slot(shape.item, present, child, (*path, key), named=key)
            else:
                changed = self._field(shape.item, present, child, (*path, key))
            if changed is not _ABSENT:
                values[key] = changed
        return values

    def _only_switched_off(self, shape: Shape, key: str, override: OverrideTree) -> bool:
        """Whether a layer only switches off an entry that is not installed, which asks for nothing."""
        stated = override.children["enabled"].given if set(override.children) == {"enabled"} else []
        off = all(BOOLS.get(str(given.value).lower()) is False for given in stated)
        if override.given or not stated or not off or shape.kind.canonical(key) in shape.kind.names():
            return False
        self.tree.dropped.append(f"{stated[0].where}: {key} is not installed, there is nothing to switch off")
        return True

    def _slot(self, shape: Shape, current: Any, override: OverrideTree, path: Keys, named: str | None = None) -> Any:
        stated = [*override.given, *override.children.get("type", OverrideTree()).given]
        present = current["type"] if isinstance(current, dict) else None
        try:
            wanted = self._wanted(shape, stated, path)
            if wanted is None:
                wanted = present or named
            if wanted is None:
                raise _empty(shape, override, path)
            cls = shape.kind.get(wanted)
            if not attrs.has(cls):
                raise UserError(f"{cls.__qualname__} is not an attrs class, so its settings are unknown")
        except Invalid as error:
            self.tree.problems.extend(error.problems)
            return _ABSENT
        except UserError as error:
            for given in stated or list(override.stated())[:1]:
                self._tell(given, path, error.message, error.hint or "")
            return _ABSENT
        name, values = shape.kind.name_of(cls), current
        if name != present:
            values = exchanged(self.tree, shape, path, current, name)
            stated = stated or list(override.stated())[:1]
        for given in stated:
            self.tree.sources[(*path, "type")] = given
        below = {key: child for key, child in override.children.items() if key != "type"}
        self.node(cls, values, OverrideTree(children=below), path)
        return values

    def _wanted(self, shape: Shape, stated: list[Override], path: Keys) -> str | None:
        names: dict[str, Override] = {}
        for given in stated:
            if not isinstance(given.value, str):
                message = f"expected {{type: NAME, ...}} or the name of an entry, not {shown(given.value)}"
                raise Invalid([Problem(message, path, f"installed: {', '.join(shape.kind.names())}", given.where)])
            names.setdefault(shape.kind.canonical(given.value), given)
        if len(names) > 1:
            raise Invalid([_contradiction(path, list(names.values()))])
        return next(iter(names), None)

    def _emptied(self, shape: Shape, override: OverrideTree, path: Keys) -> bool:
        stated = [given for given in override.given if given.value is None or _spells_none(given)]
        if not stated:
            return False
        if not shape.optional:
            self._tell(stated[0], path, f"{'.'.join(path)} cannot be empty")
            override.given = [given for given in override.given if given not in stated]
            return False
        others = [given for given in override.stated() if given not in stated]
        if others:
            self.tree.problems.append(_contradiction(path, [stated[0], others[0]]))
        self.tree.forget(path, f"{'.'.join(path)} is now empty")
        self.tree.sources[path] = stated[-1]
        return True

    def _says_nothing(self, shape: Shape, current: Any, override: OverrideTree, path: Keys) -> bool:
        """Whether a layer gives `{}` for settings that are there and cannot be taken away; a problem."""
        empty = [given for given in override.whole if is_empty_mapping(given)]
        if shape.form == "mapping" or not isinstance(current, dict) or not (empty and current):
            return False
        if any(given not in empty for given in override.stated()):
            return False
        keys = ", ".join(key for key in current if key != "type")
        hint = f"give the settings that are to be others: {keys}" if keys else "leave it out"
        hint += "; null takes it away" if shape.optional else ""
        self._tell(empty[0], path, "{} changes nothing here: settings that are not named keep their values", hint)
        return True

    def _value(self, annotation: Any, current: Any, override: OverrideTree, path: Keys) -> Any:
        read: list[tuple[Any, Override]] = []
        stated = [*override.given, *override.whole]
        for given in stated:
            try:
                read.append((_typed(given, annotation), given))
            except UserError as error:
                for problem in Invalid.caused_by(error).problems:
                    self._tell(given, path, problem.message, problem.hint)
        if len(read) < len(stated):
            return _ABSENT
        if any(value != read[0][0] for value, _ in read):
            self.tree.problems.append(_contradiction(path, [given for _, given in read]))
            return _ABSENT
        value = current
        if read:
            self.tree.forget(path, "")
            value, self.tree.sources[path] = read[-1]
        if override.children:
            return self._items(annotation, value, override, path)
        return value

    def _items(self, annotation: Any, current: Any, override: OverrideTree, path: Keys) -> Any:
        """Single items of a plain mapping, `--weights.landsat=0.5`."""
        item = _item_type(annotation)
        if item is None:
            known = [given.where for given in override.whole]
            for given in override.stated():
                if given not in override.given and given.where not in known:
                    self._tell(given, path, f"{'.'.join(path)} has no settings below it")
            return current
        values = dict(current) if isinstance(current, dict) else {}
        for key, child in override.children.items():
            changed = self._value(item, values.get(key, _ABSENT), child, (*path, key))
            if changed is not _ABSENT:
                values[key] = changed
        return values

    def _unknown(self, key: str, cls: type, override: OverrideTree, path: Keys) -> None:
        reported = set()
        for given in override.stated():
            if given.source in reported:
                continue
            reported.add(given.source)
            # The keys above the unknown one are shown as the user spelled them.
            above = given.spelled[: -given.spelled[::-1].index(key) - 1] if key in given.spelled else path
            problem = unknown_key(key, cls, ".".join(above))
            settings = [".".join(path) for path, _ in leaves(self.tree.values) if path[-1] == key]
            hint = f"there is {' and '.join(f'--{path}' for path in settings[:3])}" if settings else ""
            self._tell(given, (*path, key), problem.message, hint)

    def _tell(self, given: Override, path: Keys, message: str, hint: str = "") -> None:
        self.tree.problems.append(Problem(message, path, hint, given.where))


def _adding(shape: Shape, path: Keys) -> str:
    """How an entry comes into a mapping."""
    if shape.item is None or shape.item.form != "slot":
        return ""
    kind = shape.item.kind
    name = next(iter(kind.names()), "NAME")
    return f"add one with --plugin {kind.kind}={name}, or write JSON: --{'.'.join(path)}='{{\"{name}\": {{}}}}'"


def _typed(given: Override, annotation: Any) -> Any:
    if given.is_text:
        return parse(given.value, annotation)
    return converter().unstructure(converter().structure(given.value, annotation))


def _item_type(annotation: Any) -> Any:
    """The type of a mapping's items; None for what is no mapping."""
    members = [annotation, *get_args(annotation)] if get_origin(annotation) is not dict else [annotation]
    found = next((member for member in members if member is dict or get_origin(member) is dict), None)
    return None if found is None else (*get_args(found), Any, Any)[1]


def _spells_none(given: Override) -> bool:
    return given.is_text and given.value.lower() in NONES


def _empty(shape: Shape, override: OverrideTree, path: Keys) -> Invalid:
    owner = ".".join(path)
    hint = f"fill it first: --{owner}.type=NAME (installed: {', '.join(shape.kind.names())})"
    where = next((given.where for given in override.stated()), "")
    return Invalid([Problem(f"{owner} is empty, so nothing reads this", path, hint, where)])


def _contradiction(path: Keys, stated: list[Override]) -> Problem:
    where = " and ".join(dict.fromkeys(given.where for given in stated))
    return Problem(f"two different values for {'.'.join(path)}", path, "keep one of them", where)
