"""Write the reference of all settings from the code: `uv run python docs/make_config.py` makes docs/config.md."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import attrs

from spacenit_core.config import unstructure
from spacenit_core.config.converter import default_of
from spacenit_core.config.parsing import spelled
from spacenit_core.config.shapes import Shape, fields_of, is_union, shape_of, type_of
from spacenit_core.plugins.registry import kinds, registry
from spacenit_train.aliases import ALIASES
from spacenit_train.tile_experiment import TileExperiment

PAGE = Path(__file__).parent / "config.md"

INTRODUCTION = """\
# Settings

Made from the code by `uv run python docs/make_config.py`; a test holds it up to date.

Every setting has a dotted path, and is set on the command line (`--data_loader.global_batch_size=64`) or in a file
that `--set-from FILE.yaml` reads. `spacenit-run dry_run RECIPE RUN_NAME local` prints every value of a run and its
source. From weak to strong: recipe, patches (`base+s2_only`, `--patch s2_only`), `--set-from` files,
`--plugin KIND=NAME`, `--path=value`.

A value is read by the type of its setting: `1e-4` is a number, `[a,b]` and `["a","b"]` are lists, `none` empties what
may be empty, mappings are JSON (`'{"a": 1}'`), a truth value is true, false, yes, no, on, off, 1 or 0.

A slot holds an entry of a kind, chosen by `--path=NAME`, `--path.type=NAME` or `--plugin KIND=NAME`; the entry's own
settings lie below the slot's path. A new type takes over settings of equal names and has its own defaults
for the others.

What a patch or the command line asks for and nothing would read, because another setting switches it off (`tau` of a
loss whose `weight` is 0), is refused, unless it only restates a default or the recipe.

"""

OFFICIAL = ("spacenit-core", "spacenit-data", "spacenit-train", "spacenit-evals")


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "## Experiment\n", *_tables(TileExperiment, ())]
    parts.append("\n## Entries\n\nThe settings of the entries that come with the four packages.\n")
    for kind in kinds():
        found = registry(kind)
        entries = [] if found.value else [entry for entry in found.entries() if entry.distribution in OFFICIAL]
        configs = [(entry.name, found.get(entry.name)) for entry in entries]
        for name, config in configs:
            if attrs.has(config):
                summary = (config.__doc__ or "").strip().partition("\n")[0]
                parts.append(f"\n### {kind}: `{name}`\n\n{summary}\n")
                parts.extend(_tables(config, (), nested=False) if fields_of(config) else ["\nIt has no settings.\n"])
    parts.append(_spellings())
    return "".join(parts)


def _tables(cls: type, path: tuple[str, ...], nested: bool = True) -> Iterator[str]:
    rows = [_row(name, field, path) for name, field in fields_of(cls).items()]
    yield "\n| setting | type | default | meaning |\n|---|---|---|---|\n" + "".join(rows)
    for name, field in fields_of(cls).items():
        shape = shape_of(type_of(field))
        if shape.form == "node" and not shape.optional:
            dotted = ".".join((*path, name))
            yield f"\n{'### ' if nested else '#### '}`{dotted}`\n"
            yield from _tables(shape.annotation, (*path, name), nested)


def _row(name: str, field: "attrs.Attribute[Any]", path: tuple[str, ...]) -> str:
    shape = shape_of(type_of(field))
    dotted = ".".join((*path, name))
    meaning = field.metadata.get("help", "").replace("|", "\\|")
    meaning = meaning if "`" in meaning else meaning.replace("<", "&lt;")
    return f"| `{dotted}` | {_type(shape)} | {_default(shape, field)} | {meaning} |\n"


def _type(shape: Shape) -> str:
    optional = " or none" if shape.optional else ""
    if shape.form == "slot":
        return f"an entry of kind {shape.kind.kind}{optional}"
    if shape.form == "mapping" and shape.item is not None:
        return f"names, each with {_type(shape.item)}{optional}"
    if shape.form == "node":
        return f"settings of its own{optional}"
    return _plain_type(shape.annotation)


def _plain_type(annotation: Any) -> str:
    if is_union(annotation):
        return " or ".join(_plain_type(member) for member in get_args(annotation))
    names = {bool: "true or false", int: "whole number", float: "number", str: "text", Path: "path", type(None): "none"}
    if annotation in names:
        return names[annotation]
    args = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    origin = getattr(annotation, "__origin__", None)
    if origin is dict:
        return f"mapping to {_plural(args[1])}"
    if origin in (list, tuple):
        kinds_of_item = dict.fromkeys(_plural(argument) for argument in args)
        count = f"{len(args)} " if origin is tuple and len(args) > 1 else ""
        return f"list of {count}{' and '.join(kinds_of_item)}"
    return " or ".join(f"`{argument}`" for argument in args)


def _plural(annotation: Any) -> str:
    name = _plain_type(annotation)
    return f"{name}s" if annotation in (int, float, str, Path) else name


def _default(shape: Shape, field: "attrs.Attribute[Any]") -> str:
    default = default_of(field)
    if default is attrs.NOTHING:
        return "required"
    plain = unstructure(default)
    if shape.form == "slot" and plain is not None:
        return f"`{plain['type']}`"
    if shape.form == "mapping" and plain:
        return ", ".join(f"`{name}`" for name in plain)
    if shape.form == "node" and plain is not None:
        return "see below"
    text = spelled(plain)
    return f"`{text}`" if text else "empty"


def _spellings() -> str:
    rows = [f"| `{old}` | `{new}` |\n" for old, new in ALIASES.rewrites]
    for old, targets in ALIASES.expansions.items():
        news = [f"`{new}`" + (f" = `{fixed.value}`" if fixed is not None else "") for new, fixed in targets.items()]
        rows.append(f"| `{old}` | {' and '.join(news)} |\n")
    heading = "\n## Other spellings\n\nAccepted on the command line and in files; what lies below moves along.\n"
    return f"{heading}\n| spelling | setting |\n|---|---|\n{''.join(rows)}"


if __name__ == "__main__":
    PAGE.write_text(page())
