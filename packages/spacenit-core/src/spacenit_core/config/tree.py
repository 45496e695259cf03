"""The configuration while it is being put together: plain values, and who stated each."""

from typing import Any

import attrs
from attrs import Factory, define

from spacenit_core.config.aliases import Keys
from spacenit_core.config.converter import default_of, unstructure
from spacenit_core.config.overrides import Override
from spacenit_core.config.problems import Problem, shown
from spacenit_core.config.shapes import Shape, fields_of, shape_of, type_of

DEFAULT = "default"
"""The source of values that nobody stated."""


@define
class ConfigTree:
    """Plain values under a config class.

    Attributes:
        root: the class of the whole.
        values: nested mappings, as `unstructure` makes them.
        sources: who stated a value; what is not listed has its default.
        dropped: values that came to nothing, one line each.
        problems: what was wrong with the layers so far.
    """

    root: type
    values: dict[str, Any]
    sources: dict[Keys, Override] = Factory(dict)
    dropped: list[str] = Factory(list)
    problems: list[Problem] = Factory(list)

    @classmethod
    def of(cls, config: Any, source: str) -> "ConfigTree":
        """Start from a config object; what differs from the defaults of its classes came from `source`."""
        tree = cls(type(config), unstructure(config))
        tree._note(tree.root, tree.values, defaults(tree.root), (), Override(None, False, source, source))
        return tree

    def given(self, path: Keys) -> Override | None:
        """What was stated for a path, or for what holds it; None where it has its default."""
        holders = (path[:length] for length in range(len(path), 0, -1))
        return next((self.sources[holder] for holder in holders if holder in self.sources), None)

    def source(self, path: Keys) -> str:
        """Who stated the value at a path."""
        given = self.given(path)
        return DEFAULT if given is None else given.source

    def at(self, path: Keys) -> Any:
        """The plain value at a path; None where there is nothing."""
        value: Any = self.values
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def forget(self, path: Keys, because: str, *, whole: bool = False) -> None:
        """Drop what was stated at and below a path.

        Args:
            path: where.
            because: the reason, told in a line for each value below the path; no lines without one.
            whole: whether a value at the path itself is told too.
        """
        for key, given in list(self.sources.items()):
            if key[: len(path)] != path:
                continue
            del self.sources[key]
            if because and (whole or len(key) > len(path)) and key[-1] != "type":
                value = self.at(key)
                self.dropped.append(f"{'.'.join(key)}={shown(value)} ({given.source}): {because}")

    def _note(self, cls: type, values: dict[str, Any], standard: dict[str, Any], path: Keys, given: Override) -> None:
        for name, field in fields_of(cls).items():
            value, here = values.get(name), (*path, name)
            if name in standard and standard[name] == value:
                continue
            shape = shape_of(type_of(field))
            if shape.form == "value" or not isinstance(value, dict):
                self.sources[here] = given
            elif shape.form == "mapping":
                assert shape.item is not None
                for key, item in value.items():
                    self._note_inner(shape.item, item, (standard.get(name) or {}).get(key), (*here, key), given)
            else:
                self._note_inner(shape, value, standard.get(name), here, given)

    def _note_inner(self, shape: Shape, values: Any, standard: Any, path: Keys, given: Override) -> None:
        if not isinstance(values, dict):
            self.sources[path] = given
            return
        cls = shape.kind.get(values["type"]) if shape.form == "slot" else shape.annotation
        same = isinstance(standard, dict) and standard.get("type") == values.get("type")
        if shape.form == "slot" and not same:
            self.sources[(*path, "type")] = given
        self._note(cls, values, standard if same else defaults(cls), path, given)


def defaults(cls: type) -> dict[str, Any]:
    """The defaults of a config class as plain data; required settings are left out."""
    standard = {name: default_of(field) for name, field in fields_of(cls).items()}
    return {name: unstructure(value) for name, value in standard.items() if value is not attrs.NOTHING}


def leaves(values: Any, path: Keys = ()) -> list[tuple[Keys, Any]]:
    """All values of a tree with their paths, in order."""
    if not isinstance(values, dict) or (path and not values):
        return [(path, values)]
    return [leaf for key, value in values.items() for leaf in leaves(value, (*path, key))]
