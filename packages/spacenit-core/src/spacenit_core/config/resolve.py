"""A recipe and everything that is laid upon it: patches < files < arguments < `--plugin` < `--a.b=value`."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from spacenit_core.config.aliases import Keys, SettingAliases
from spacenit_core.config.carry_over import carried_below
from spacenit_core.config.converter import converter
from spacenit_core.config.merge import merge
from spacenit_core.config.overrides import Layer, Override
from spacenit_core.config.parsing import parse
from spacenit_core.config.pinned_settings import PinnedSettings
from spacenit_core.config.problems import Invalid, Problem, shown
from spacenit_core.config.shapes import fields_of, shape_of, type_of
from spacenit_core.config.slots import set_plugins
from spacenit_core.config.tree import ConfigTree, leaves
from spacenit_core.config.yaml_io import load_yaml
from spacenit_core.errors import UserError
from spacenit_core.kinds.patches import PATCHES, Patch
from spacenit_core.text import listed

OVERRIDE = re.compile(r"--([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)


@frozen(kw_only=True)
class Resolved:
    """A configuration with its history.

    Attributes:
        value: the config object.
        values: the same as plain data, as `unstructure` makes it.
        sources: who stated a value, by dotted path; what is not listed has its default.
        dropped: what came to nothing and why, one line each.
        base: the plain values that all was laid upon, by dotted path.
    """

    value: Any
    values: dict[str, Any]
    sources: Mapping[str, str] = field(factory=dict)
    dropped: tuple[str, ...] = ()
    base: Mapping[str, Any] = field(factory=dict)

    def rows(self) -> list[tuple[str, Any, str]]:
        """Every setting: dotted path, plain value, source."""
        return [(".".join(path), value, self._source(path)) for path, value in leaves(self.values)]

    def derived(self, value: Any, because: str) -> "Resolved":
        """The same with another config object; what differs now was derived for the reason given.

        What somebody stated and is otherwise now is told among what came to nothing.
        """
        values = converter().unstructure(value)
        before, after = dict(leaves(self.values)), dict(leaves(values))
        changed = {".".join(path): because for path, new in after.items() if before.get(path, _NEW) != new}
        lines = [
            f"{'.'.join(path)}={shown(old)} ({self._source(path)}): "
            + (
                f"is {shown(after[path])}, which follows from other settings"
                if path in after
                else "nothing is left to it"
            )
            for path, old in before.items()
            if self._source(path) != "default" and after.get(path, _NEW) != old
        ]
        sources = {**self.sources, **changed}
        return evolve(self, value=value, values=values, sources=sources, dropped=(*self.dropped, *lines))

    def _source(self, path: Keys) -> str:
        holders = (".".join(path[:length]) for length in range(len(path), 0, -1))
        return next((self.sources[holder] for holder in holders if holder in self.sources), "default")


_NEW = object()


def resolve(
    base: Any,
    *,
    patches: Sequence[Patch] = (),
    files: Sequence[Path] = (),
    arguments: Mapping[str, str] | None = None,
    plugins: Sequence[str] = (),
    overrides: Sequence[str] = (),
    aliases: SettingAliases | None = None,
    source: str = "recipe",
    adapt_file: Callable[[dict[str, Any]], tuple[dict[str, Any], list[str]]] | None = None,
) -> Resolved:
    """Lay all layers upon a config object and structure the result.

    Args:
        base: what to start from, e.g. a recipe's experiment.
        patches: named sets of overrides, in order.
        files: YAML files, in order.
        arguments: path -> text of the command's positional arguments.
        plugins: "KIND=NAME" or "PATH=NAME".
        overrides: "--a.b=value" tokens.
        aliases: other names of settings.
        source: what to call the origin of the base's values.
        adapt_file: takes out of a file's content what is not to be taken over, with a line for each.

    Raises:
        UserError: with everything that is wrong.
    """
    aliases = aliases or SettingAliases()
    tree = ConfigTree.of(base, source)
    start = {".".join(path): value for path, value in leaves(tree.values)}
    fixed: list[tuple[Keys, Override]] = []
    for patch in patches:
        pinned = PinnedSettings.of(tree, patch.keeps)
        _merge_layer(tree, fixed, _texts(patch.overrides, aliases, f"patch {_patch_name(patch)}"))
        pinned.put_back(tree)
    for path in files:
        layer = Layer(aliases)
        try:
            content, lines = adapt_file(load_yaml(path)) if adapt_file else (load_yaml(path), [])
        except UserError as error:
            tree.problems.append(Problem(error.message, (), error.hint or ""))
            continue
        tree.dropped.extend(f"{path}: {line}" for line in lines)
        layer.add_data(content, source=str(path))
        _merge_layer(tree, fixed, layer)
    _merge_layer(tree, fixed, _texts(arguments or {}, aliases, "argument"))
    set_plugins(tree, plugins, aliases)
    _merge_layer(tree, fixed, _flags(overrides, aliases))
    _check_fixed(tree, fixed, aliases)
    tree.problems[:] = [_with_remedy(problem, aliases) for problem in tree.problems]
    return evolve(_finished(tree), base=start)


def _texts(texts: Mapping[str, str], aliases: SettingAliases, name: str) -> Layer:
    layer = Layer(aliases)
    for path, text in texts.items():
        layer.add_text(path, text, source=name, where=f"{name}: {path}={text}")
    return layer


def _flags(tokens: Sequence[str], aliases: SettingAliases) -> Layer:
    layer = Layer(aliases)
    for token in tokens:
        match = OVERRIDE.fullmatch(token)
        if match is None:
            layer.problems.append(Problem("expected --path=value", (), "", token))
        else:
            layer.add_text(match[1], match[2], source=shown_token(token), where=shown_token(token))
    return layer


def shown_token(token: str, limit: int = 120) -> str:
    """A token of the command line as messages quote it."""
    return token if len(token) <= limit else f"{token[: limit - 3]}..."


def _merge_layer(tree: ConfigTree, fixed: list[tuple[Keys, Override]], layer: Layer) -> None:
    tree.problems.extend(layer.problems)
    fixed.extend(layer.fixed)
    merge(tree, layer.override)


def _check_fixed(tree: ConfigTree, fixed: list[tuple[Keys, Override]], aliases: SettingAliases) -> None:
    """Settings that follow from others may be restated, not changed."""
    for path, given in fixed:
        dotted = ".".join(path)
        leader = aliases.follows.get(dotted)
        present = tree.at(tuple(leader.split("."))) if leader else aliases.constant.get(dotted, _NEW)
        try:
            stated = parse(given.value, type(present)) if given.is_text and present is not _NEW else given.value
        except UserError:
            stated = given.value
        if stated != present:
            message = f"follows from {leader}, which is {shown(present)}" if leader else "no component reads this"
            hint = f"set --{leader}" if leader else ""
            tree.problems.append(Problem(message, path, hint, given.where))


def _finished(tree: ConfigTree) -> Resolved:
    value: Any = None
    try:
        value = converter().structure(tree.values, tree.root)
    except Invalid as error:
        known = {problem.path for problem in tree.problems}
        tree.problems.extend(_placed(tree, problem) for problem in error.problems if problem.path not in known)
    if tree.problems:
        raise Invalid(tree.problems)
    sources = {".".join(path): given.source for path, given in tree.sources.items()}
    return Resolved(value=value, values=converter().unstructure(value), sources=sources, dropped=tuple(tree.dropped))


def _with_remedy(problem: Problem, aliases: SettingAliases) -> Problem:
    """The problem with what to do instead, where it is about a setting of another toolkit."""
    match = OVERRIDE.fullmatch(problem.where)
    remedy = aliases.instead(match[1] if match else ".".join(problem.path))
    return evolve(problem, hint=remedy) if remedy else problem


def _placed(tree: ConfigTree, problem: Problem) -> Problem:
    """The problem under the name of the flag or file that stated the value."""
    names = carried_below(tree.sources, problem.path)
    if names and not problem.hint:
        hint = f"carried over from the entry before: {listed(names)}; give those that should be others"
        problem = evolve(problem, hint=hint)
    given = tree.given(problem.path)
    if given is None:
        return problem
    where = (
        given.where if given.where != given.source or given.spelled else f"{'.'.join(problem.path)} ({given.source})"
    )
    return evolve(problem, where=where)


def _patch_name(patch: Patch) -> str:
    try:
        return PATCHES.name_of(patch)
    except UserError:
        return repr(patch.summary)


def is_setting(cls: type, path: str) -> bool:
    """Whether a dotted path begins with a setting of a config class."""
    return path.partition(".")[0] in fields_of(cls)


def path_settings(cls: type, values: dict[str, Any], path: Keys = ()) -> list[Keys]:
    """The settings of a configuration that are paths."""
    found: list[Keys] = []
    for name, attribute in fields_of(cls).items():
        shape, value, here = shape_of(type_of(attribute)), values.get(name), (*path, name)
        if shape.form == "value" and _is_path(attribute.type):
            found.append(here)
        elif isinstance(value, dict) and shape.form in ("slot", "node"):
            inner = shape.kind.get(value["type"]) if shape.form == "slot" else shape.annotation
            found.extend(path_settings(inner, value, here))
    return found


def _is_path(annotation: Any) -> bool:
    return annotation is Path or Path in getattr(annotation, "__args__", ())
