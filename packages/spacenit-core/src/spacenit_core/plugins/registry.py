"""One entry by name. A registry is a view on what is installed; it holds nothing and nothing registers with it."""

import importlib
import logging
import pkgutil
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from spacenit_core.environment import install_line
from spacenit_core.errors import UserError
from spacenit_core.plugins import discovery
from spacenit_core.plugins.discovery import Entry
from spacenit_core.plugins.known import KNOWN
from spacenit_core.plugins.renamed_kinds import RENAMED_KINDS
from spacenit_core.text import did_you_mean, listed, natural_sorted, suggest

T = TypeVar("T")

log = logging.getLogger(__name__)

_HOME = "spacenit_core.kinds"

_LISTED = 200
"""Characters of names that a message lists at most."""


class Registry(Generic[T]):
    """The installed entries of one kind.

    Names are found in any case and with hyphens for underscores. Where two distributions declare the same name, only
    "distribution/name" finds one.

    Args:
        kind: the kind's name. A kind of the core is in the module of that name in `spacenit_core.kinds`; one that a
            plugin adds is an entry of kind `kinds` by that name.
        base: what an entry must inherit, or be an instance of where `value` is set. A base of configs is in the module
            of its registry.
        value: whether entries are values (or functions) instead of config classes.
        renamed: other spellings -> name.
        contract: of a kind that a plugin adds: the module whose `hold(component, owner, *given)` checks what `build`
            returns, and whose `try_out(config)`, if there is one, tries an entry on a toy.
        takes: of such a kind: what `build` is called with, "model, sensors".
        use: of such a kind: how an entry is used, as it is typed after `spacenit-run`, "{entry}" for its name.
    """

    def __init__(
        self,
        kind: str,
        base: Any,
        *,
        value: bool = False,
        renamed: Mapping[str, str] | None = None,
        contract: str = "",
        takes: str = "",
        use: str = "",
    ) -> None:
        self.kind = kind
        self.base = base
        self.value = value
        self.contract = contract
        self.takes = takes
        self.use = use
        self._renamed = {_plain(old): new for old, new in (renamed or {}).items()}

    def __reduce__(self) -> "tuple[Callable[[str], Registry[Any]], tuple[str]]":
        return registry, (self.kind,)

    def __repr__(self) -> str:
        return f"Registry({self.kind!r})"

    def entries(self, pattern: str = "*") -> list[Entry]:
        """The entries whose names match a glob pattern, in natural order; imports none of them."""
        found = discovery.entries(self.kind)
        order = {name: number for number, name in enumerate(natural_sorted(entry.name for entry in found))}
        return sorted(
            (entry for entry in found if fnmatchcase(entry.name, pattern)), key=lambda entry: order[entry.name]
        )

    def names(self, pattern: str = "*") -> list[str]:
        """The names that match a glob pattern, each once, in natural order; imports no entry."""
        return list(dict.fromkeys(entry.name for entry in self.entries(pattern)))

    def canonical(self, name: str) -> str:
        """The name that another spelling stands for; a name that is not known comes back as it is."""
        distribution, slash, bare = name.rpartition("/")
        names = self.names()
        if bare not in names:
            same = (other for other in names if _plain(other) == _plain(bare))
            bare = self._renamed.get(_plain(bare)) or next(same, bare)
        return f"{discovery.normalized(distribution)}{slash}{bare}"

    def entry(self, name: str) -> Entry:
        """Find one entry without importing it.

        Args:
            name: its name, another spelling of it, or "distribution/name".

        Raises:
            UserError: where no entry or more than one has the name.
        """
        distribution, slash, bare = self.canonical(name).rpartition("/")
        found = [entry for entry in self.entries() if entry.name == bare]
        if slash:
            found = [entry for entry in found if entry.distribution == distribution]
        if not found:
            raise self._unknown(name)
        if len(found) > 1:
            raise self._duplicate(bare, found)
        return found[0]

    def get(self, name: str) -> T:
        """Import one entry and check it.

        Args:
            name: its name, another spelling of it, or "distribution/name".

        Raises:
            UserError: where the name is unknown or ambiguous, or its plugin is broken.
        """
        entry = self.entry(name)
        self.check(entry)
        loaded: T = entry.loaded
        return loaded

    def check(self, entry: Entry) -> None:
        """Import an entry of this kind and check that it is what the kind asks for.

        Raises:
            UserError: where it cannot be imported (with the cause) or is something else.
        """
        where = described(entry)
        try:
            loaded = entry.loaded
        except (Exception, SystemExit) as error:
            # Whatever a plugin's import raises is the plugin's fault and must not look like ours.
            raise UserError(f"{where} cannot be loaded: {_cause(error)}", _remedy(entry, error)) from error
        if self.value:
            if not isinstance(loaded, self.base):
                raise UserError(f"{where} is {_what(loaded)}; entries of kind {self.kind} are {_noun(self.base)}")
        elif not (isinstance(loaded, type) and issubclass(loaded, self.base)):
            base = f"{self.base.__module__}.{self.base.__qualname__}"
            raise UserError(f"{where} is {_what(loaded)}; entries of kind {self.kind} are classes that inherit {base}")

    def name_of(self, item: object) -> str:
        """The name of an entry, given its class, one of its configs, or its value; imports no other entry.

        Raises:
            UserError: where no installed distribution declares it.
        """
        target = item if self.value or isinstance(item, type) else type(item)
        path = f"{getattr(target, '__module__', '')}:{getattr(target, '__qualname__', '')}"
        declared = self.entries()
        found = [entry for entry in declared if entry.is_loaded and entry.loaded is target]
        found = found or [entry for entry in declared if entry.value == path]
        if not found:
            raise UserError(
                f"{path if path != ':' else repr(target)} is not an installed entry of kind {self.kind}",
                f'declare it in a pyproject.toml under [project.entry-points."spacenit.{self.kind}"] and install that',
            )
        entry = found[0]
        shared = sum(other.name == entry.name for other in declared) > 1
        return entry.qualified if shared else entry.name

    def _unknown(self, name: str) -> UserError:
        noun, known, names = singular(self.kind), KNOWN.get(self.kind, {}), self.names()
        bare = self.canonical(name).rpartition("/")[2]
        if bare in known and bare not in names:
            message = f"{noun} {name!r} is in {known[bare]}, which is not installed"
            return UserError(message, install_line(known[bare]))
        installed = self._installed(names)
        owners = [entry.qualified for entry in self.entries() if entry.name == bare]
        if owners:
            return UserError(f"unknown {noun} {name!r}; did you mean {listed(owners, last='or')}?", installed)
        offers = {match: f"{match} ({install_line(owner)})" for match, owner in known.items()}
        offers |= {present: present for present in names}
        similar = [self._renamed.get(match, match) for match in suggest(bare, [*offers, *self._renamed])]
        choices = [offers[choice] for choice in dict.fromkeys(similar) if choice in offers]
        question = f"; did you mean {listed(choices, last='or')}?" if choices else ""
        return UserError(f"unknown {noun} {name!r}{question}", installed)

    def _installed(self, names: list[str]) -> str:
        if not names:
            return f"no {singular(self.kind)} is installed"
        shown = [name for number, name in enumerate(names) if len(", ".join(names[: number + 1])) <= _LISTED]
        rest = len(names) - len(shown)
        more = f" and {rest} more, which `spacenit-run plugins list {self.kind}` shows" if rest else ""
        return f"installed: {', '.join(shown)}{more}"

    def _duplicate(self, name: str, found: list[Entry]) -> UserError:
        found = sorted(found, key=lambda entry: entry.distribution)
        owners = listed([f"{entry.distribution} {entry.version} ({entry.value})" for entry in found])
        return UserError(
            f"{singular(self.kind)} {name!r} is declared by more than one distribution: {owners}",
            f"write {listed([entry.qualified for entry in found], last='or')}",
        )


def registry(kind: str) -> Registry[Any]:
    """The registry of a kind.

    Raises:
        UserError: for something that is not a kind, and for a plugin's kind that cannot be loaded.
    """
    name = kind_named(kind)
    if name in _own_kinds():
        # By name, because `spacenit_core.kinds` builds on this module.
        found: Registry[Any] = getattr(importlib.import_module(f"{_HOME}.{name}"), name.upper())
        return found
    added: Registry[Any] = registry("kinds").get(name)
    if added.kind != name:
        entry = registry("kinds").entry(name)
        raise UserError(f"{described(entry)} calls itself {added.kind!r}; both names must be the same")
    return added


def kinds() -> list[str]:
    """All kinds, the core's and those that plugins add, sorted; imports none of them."""
    return sorted({*_own_kinds(), *(entry.name for entry in discovery.entries("kinds"))})


def kinds_in(module: str) -> list[str]:
    """The kinds whose registries are in a module, by its dotted name; imports nothing."""
    package, _, name = module.rpartition(".")
    if package == _HOME:
        return [name] if name in _own_kinds() else []
    return [entry.name for entry in discovery.entries("kinds") if entry.value.partition(":")[0] == module]


def home(kind: str) -> str:
    """The module that states what entries of a kind are, by its dotted name; imports nothing."""
    added = [entry.value.partition(":")[0] for entry in discovery.entries("kinds") if entry.name == kind]
    return added[0] if added and kind not in _own_kinds() else f"{_HOME}.{kind}"


def is_own(kind: str) -> bool:
    """Whether a kind is the core's, rather than one that a plugin adds."""
    return kind in _own_kinds()


@cache
def _own_kinds() -> frozenset[str]:
    modules = pkgutil.iter_modules([str(Path(__file__).parents[1] / "kinds")])
    return frozenset(module.name for module in modules) - {"base", "tasks", *RENAMED_KINDS}


def kind_named(text: str) -> str:
    """The kind that a person means: singular and plural, in any case, and by the name of the release before.

    Raises:
        UserError: for something that is not a kind.
    """
    for kind in kinds():
        if singular(_plain(text)) == singular(kind):
            return kind
    for old, kind in RENAMED_KINDS.items():
        if singular(_plain(text)) == singular(old):
            _note_renamed(old, kind)
            return kind
    question = did_you_mean(text, kinds())
    raise UserError(f"unknown kind {text!r}" + (f"; {question}" if question else ""), f"kinds: {', '.join(kinds())}")


@cache
def _note_renamed(old: str, kind: str) -> None:
    """Say once in a process that a kind has another name now."""
    log.warning("the kind %s is called %s now; the next release will not know the old name", old, kind)


def singular(kind: str) -> str:
    """The word for one entry of a kind: "loss" for "losses", "masking" for "masking"."""
    if kind.endswith(("sses", "ches")):
        return kind[:-2]
    if kind.endswith("ies"):
        return f"{kind[:-3]}y"
    return kind[:-1] if kind.endswith("s") and not kind.endswith("ss") else kind


def described(entry: Entry) -> str:
    """An entry with all that tells it from others: "masking 'random' of spacenit-train 0.1.0 (module:Class)"."""
    return f"{singular(entry.kind)} {entry.name!r} of {entry.distribution} {entry.version} ({entry.value})"


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _cause(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _remedy(entry: Entry, error: BaseException) -> str:
    package = entry.value.partition(":")[0].partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.partition(".")[0] != package:
        return f"it needs the module {error.name!r}: install that, or the extra of {entry.distribution} that brings it"
    return "`spacenit-run plugins doctor` checks all plugins; SPACENIT_TRACE=1 shows the traceback"


def _what(loaded: object) -> str:
    if isinstance(loaded, type):
        return f"the class {loaded.__qualname__}"
    return f"a {type(loaded).__name__}"


def _noun(base: Any) -> str:
    if base is Callable:
        return "functions"
    return f"values of {base.__module__}.{base.__qualname__}"
