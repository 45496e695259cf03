"""The checks of one distribution's entries, run by `plugins doctor` as ``python -m spacenit_core.cli.checks NAME``.

A process of its own, because whatever a plugin's import does (hang, crash, import torch) must be seen and outlived. The
findings are the last line of stdout, as JSON.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterator
from multiprocessing.reduction import ForkingPickler
from typing import Any, Literal, NamedTuple

from spacenit_core.cli.check_kind import check_kind
from spacenit_core.errors import SpaceNitError
from spacenit_core.plugins import discovery
from spacenit_core.plugins.discovery import Entry
from spacenit_core.plugins.registry import Registry, described, kinds, registry
from spacenit_core.text import did_you_mean

HOOKS_KIND = "hooks"

NAME_GRAMMAR = r"[a-z][a-z0-9_]*"

TYPE_KEY = "type"
"""What names the entry in files and on the command line, and so cannot be a setting."""


class Finding(NamedTuple):
    """One thing that a check has to say.

    Attributes:
        level: an "error" keeps the entry from working; a "warning" will one day; a "note" is good to know.
        distribution: whose it is.
        subject: "kind/name", or empty for the distribution as a whole.
        message: what is wrong and what to do.
    """

    level: Literal["error", "warning", "note"]
    distribution: str
    subject: str
    message: str


def check_distribution(distribution: str, *, deep: bool = False) -> list[Finding]:
    """Load and check everything that a distribution declares.

    Args:
        distribution: its name.
        deep: whether what loads is also tried on a toy.
    """
    findings = []
    for kind in discovery.declared_kinds():
        for entry in discovery.entries(kind):
            if entry.distribution == distribution:
                subject, messages = f"{kind}/{entry.name}", list(check_entry(entry))
                if deep and not any(level == "error" for level, _ in messages):
                    messages += try_entry(entry)
                findings += [Finding(level, distribution, subject, message) for level, message in messages]
    return findings


Message = tuple[Literal["error", "warning", "note"], str]


def check_entry(entry: Entry) -> Iterator[Message]:
    """Load and check one entry."""
    if not re.fullmatch(NAME_GRAMMAR, entry.name):
        yield "error", "names are lower snake case: a letter, then letters, digits and underscores"
    if entry.group != f"{discovery.GROUP_PREFIX}{entry.kind}":
        yield (
            "warning",
            f"is declared in the group {entry.group}, which is called {discovery.GROUP_PREFIX}{entry.kind} now: "
            "rename it; the next release will not read the old one",
        )
    if entry.kind == HOOKS_KIND:
        yield from _check_hooks(entry)
    elif entry.kind not in kinds():
        question = did_you_mean(entry.kind, kinds()) or f"kinds: {', '.join(kinds())}"
        yield "error", f"there is no kind {entry.kind!r} (group spacenit.{entry.kind}); {question}"
    else:
        found = registry(entry.kind)
        torch_before = "torch" in sys.modules
        try:
            found.check(entry)
        except SpaceNitError as error:
            yield "error", error.message.removeprefix(described(entry)).strip()
            return
        if not torch_before and "torch" in sys.modules:
            yield "note", "importing it imports torch: import what `build` needs inside `build`, and listing stays fast"
        yield from _check_config(entry, found) if not found.value else _check_value(entry)


def try_entry(entry: Entry) -> Iterator[Message]:
    """Try one entry that loads, with its defaults, on a toy (`spacenit_core.contracts.trial`)."""
    import attrs

    from spacenit_core.contracts.trial import is_tried, try_out

    item: Any = entry.loaded
    if entry.kind == HOOKS_KIND:
        return
    if not is_tried(entry.kind):
        if not registry(entry.kind).value:
            yield "note", "is not tried here: it needs data or a trained model"
        return
    try:
        if not registry(entry.kind).value:
            needed = [field.alias for field in attrs.fields(item) if field.init and field.default is attrs.NOTHING]
            if needed:
                yield "note", f"is not tried here: it has no default for {', '.join(needed)}"
                return
            item = getattr(item, "for_trial", item)()
        try_out(entry.kind, item)
    except SpaceNitError as error:
        yield "error", error.message.removeprefix(described(entry)).strip()
    except Exception as error:
        yield "error", f"fails when it is tried: {type(error).__name__}: {error}"


def _check_hooks(entry: Entry) -> Iterator[Message]:
    import pluggy

    from spacenit_core.plugins import hooks, hookspecs

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        hooks.add(manager, entry)
    except Exception as error:
        yield "error", f"cannot be loaded: {type(error).__name__}: {error}"


def _check_value(entry: Entry) -> Iterator[Message]:
    if entry.kind == "kinds":
        yield from check_kind(entry)
    if entry.kind == "sensors" and entry.loaded.name != entry.name:
        yield "error", f"the sensor calls itself {entry.loaded.name!r}; both names must be the same"
    if entry.kind == "sensors" and (foreign := entry.loaded.naming.foreign(entry.loaded.bands)):
        yield "error", f"its naming states other names of {foreign[0]!r}, which is none of its bands"
    if entry.kind == "recipes" and inspect.signature(entry.loaded).parameters:
        yield "error", "a recipe is called without arguments, and this function has some"


def _check_config(entry: Entry, found: Registry[Any]) -> Iterator[Message]:
    import attrs

    config: Any = entry.loaded
    if not attrs.has(config):
        yield "error", "is not an attrs class: decorate it with `@attrs.frozen(kw_only=True)`"
        return
    if gone := getattr(config, "deprecated", ""):
        yield "warning", f"is of the release before: {gone}; the next release will not read it"
    if f"{config.__module__}:{config.__qualname__}" != entry.value:
        yield "note", f"is defined as {config.__module__}:{config.__qualname__}: let the entry point say that"
    try:
        fields = attrs.fields(attrs.resolve_types(config))
    except NameError as error:
        yield (
            "error",
            f"the type of a setting cannot be resolved ({error}): import it at run time, not for type checkers",
        )
        return
    if TYPE_KEY in {field.name for field in fields}:
        yield "error", f"has a setting {TYPE_KEY!r}, which names the entry in files: rename it"
        return
    if all(field.default is not attrs.NOTHING for field in fields if field.init):
        yield from _check_default(config, found)


def _check_default(config: Any, found: Registry[Any]) -> Iterator[Message]:
    import attrs

    from spacenit_core.config import structure, unstructure

    try:
        default = config()
    except Exception as error:
        yield "error", f"its defaults are not valid: {type(error).__name__}: {error}"
        return
    try:
        for field in attrs.fields(config)[:1]:
            setattr(default, field.name, getattr(default, field.name))
            yield "error", "can be changed after it is made: decorate it with `@attrs.frozen(kw_only=True)`"
    except attrs.exceptions.FrozenInstanceError:
        pass
    try:
        if structure(unstructure(default), found.base) != default:
            yield "error", "its defaults change when they are written to a file and read back"
        # What a loader's worker process receives.
        if ForkingPickler.loads(ForkingPickler.dumps(default)) != default:
            yield "error", "its defaults change on the way to another process"
    except Exception as error:
        yield "error", f"its defaults cannot be written and read back: {type(error).__name__}: {error}"


if __name__ == "__main__":
    # `-m` makes this module __main__, whose classes are not those that others import.
    from spacenit_core.cli import checks

    print()
    print(json.dumps(checks.check_distribution(sys.argv[1], deep="--deep" in sys.argv[2:])))
