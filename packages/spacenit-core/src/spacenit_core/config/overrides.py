"""One layer of settings as a tree: what a patch, a file or the command line says, before any type is known."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import Factory, define, frozen

from spacenit_core.config.aliases import Fixed, Keys, SettingAliases
from spacenit_core.config.parsing import as_mapping
from spacenit_core.config.problems import Invalid, Problem
from spacenit_core.errors import UserError

MAX_DEPTH = 50


@frozen
class Override:
    """A value that someone stated.

    Attributes:
        value: text as typed, or plain data from a file.
        is_text: whether the value is text that its type has yet to read.
        source: who stated it, as `dry_run` shows it: "recipe base", "patch s2_only", "my.yaml", "--seed=1".
        where: the same in errors, with the user's own spelling of the path.
        spelled: the user's own spelling of the path.
    """

    value: Any
    is_text: bool
    source: str
    where: str
    spelled: Keys = ()


def is_empty_mapping(given: Override) -> bool:
    """Whether `{}` was stated."""
    return (as_mapping(given.value) if given.is_text else given.value) == {}


@define
class OverrideTree:
    """What one layer says about a setting and the settings below it.

    Attributes:
        given: values for the setting itself.
        whole: mappings for the setting itself, whose items are among the children as well.
        children: what it says about the settings below.
    """

    given: list[Override] = Factory(list)
    whole: list[Override] = Factory(list)
    children: "dict[str, OverrideTree]" = Factory(dict)

    def at(self, path: Keys) -> "OverrideTree":
        """The node of a path, made where it is not there yet."""
        node = self
        for key in path:
            node = node.children.setdefault(key, OverrideTree())
        return node

    def stated(self) -> Iterator[Override]:
        """All values stated here and below."""
        yield from self.given
        yield from self.whole
        for child in self.children.values():
            yield from child.stated()


class Layer:
    """Collects what one source says.

    Args:
        aliases: other names of settings.
    """

    def __init__(self, aliases: SettingAliases) -> None:
        self.aliases = aliases
        self.override = OverrideTree()
        self.problems: list[Problem] = []
        self.fixed: list[tuple[Keys, Override]] = []
        """Settings that follow from others, with what was stated for them."""

    def add_text(self, path: str, text: str, *, source: str, where: str) -> None:
        """Add `path=text` as the command line and patches write it."""
        keys = tuple(path.replace("-", "_").split("."))
        given = Override(text, True, source, where, keys)
        try:
            mapping = as_mapping(text)
        except Invalid as error:
            self._tell(given, error)
            return
        if mapping is not None:
            self._add_mapping(keys, mapping, given)
        else:
            self._add(keys, given)

    def add_data(self, data: Mapping[str, Any], *, source: str) -> None:
        """Add the content of a file."""
        self._add_mapping((), data, Override(data, False, source, source))

    def _add_mapping(self, path: Keys, data: Mapping[str, Any], origin: Override) -> None:
        if len(path) > MAX_DEPTH:
            self.problems.append(Problem(f"nested more than {MAX_DEPTH} levels deep", path, where=origin.where))
            return
        if path and not (data and self.aliases.is_prefix(path)):
            value = origin.value if origin.is_text and path == origin.spelled else data
            self._add(path, Override(value, value is not data, origin.source, _place(origin, path), path), whole=True)
        for key, value in data.items():
            below = (*path, *key.split("."))
            if isinstance(value, Mapping):
                self._add_mapping(below, value, origin)
            else:
                self._add(below, Override(value, False, origin.source, _place(origin, below), below))

    def _add(self, path: Keys, given: Override, *, whole: bool = False) -> None:
        try:
            if not all(path):
                raise Invalid.because("a name is empty between two dots")
            targets = self.aliases.expanded(path, given.value)
        except UserError as error:
            self._tell(given, error)
            return
        for target, value in targets:
            if self.aliases.is_fixed(target):
                self.fixed.append((target, given))
                continue
            node = self.override.at(target)
            stated = (
                Override(value.value, False, given.source, given.where, given.spelled)
                if isinstance(value, Fixed)
                else given
            )
            (node.whole if whole else node.given).append(stated)

    def _tell(self, given: Override, error: UserError) -> None:
        hint = error.hint or ""
        self.problems.append(Problem(error.message, given.spelled, hint, given.where))


def _place(origin: Override, path: Keys) -> str:
    return origin.where if origin.is_text else f"{origin.source}: {'.'.join(path)}"
