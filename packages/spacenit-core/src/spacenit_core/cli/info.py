"""One entry, explained: `spacenit-run plugins info KIND NAME`."""

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import attrs

from spacenit_core.config import unstructure
from spacenit_core.config.converter import default_of
from spacenit_core.config.parsing import spelled
from spacenit_core.config.shapes import Shape, described, fields_of, shape_of, type_of
from spacenit_core.plugins.discovery import Entry
from spacenit_core.plugins.registry import Registry, home, registry
from spacenit_core.text import columns, paragraph, shell_lines

SLOT_EXAMPLE = "spacenit-run dry_run base my_run local --plugin {slot}={name}"

EXAMPLES = {
    "benchmarks": "spacenit-run evaluate RUN --benchmark {name}",
    "commands": "spacenit-run {name} --help",
    "embedders": "spacenit-run evaluate RUN --labels labels.tif --embedder {name}",
    "exporters": "spacenit-run export RUN --plugin exporter={name}",
    "kinds": "spacenit-run plugins list {name}",
    "launchers": "spacenit-run dry_run base my_run {name}",
    "patches": "spacenit-run dry_run base my_run local --patch {name}",
    "protocols": "spacenit-run evaluate RUN --labels labels.tif --protocol {name}",
    "recipes": "spacenit-run dry_run {name} my_run local",
    "sensors": "spacenit-run dry_run base my_run local --sensors=[{name}]",
}
"""How an entry is selected, where it is not by `--plugin`."""

LOSS_SLOTS = {
    "tokens": "train_module.loss",
    "pooled": "train_module.contrastive",
    "regularizer": "train_module.regularizer",
    "pixels": "train_module.mae",
}
"""A run may hold several losses, so that the slot has to be named."""

PARTNERS = {"models": "runners", "runners": "models"}
"""Kinds whose entries go together; those that fit no other have one name."""

SLOTS = {"strategies": "trainer.strategy"}
"""Slots that are empty in the recipes, and so are named by their path."""

SLOT_PATHS = {"masking": "train_module.masking"}
"""Where the entries of a kind whose settings may be required are set."""

REQUIRED = "(required)"


def describe(entry: Entry, own: Registry[Any]) -> str:
    """Everything about an entry that a person may want to know before using it, as text.

    Args:
        entry: a loaded entry.
        own: the registry of its kind.
    """
    item = entry.loaded
    shared = len([other for other in own.entries() if other.name == entry.name]) > 1
    facts = [
        ("kind", entry.kind),
        ("distribution", f"{entry.distribution} {entry.version}"),
        ("entry point", entry.value),
        ("file", _file(entry)),
    ]
    command = _example(entry, entry.qualified if shared else entry.name)
    parts = [
        paragraph(f"{entry.name}: {_summary(item)}"),
        columns([(f"  {key}", value) for key, value in facts]),
        "  example:\n" + "\n".join(shell_lines(command, "    ")),
    ]
    rows = _settings(item) if isinstance(item, type) else _contents(item)
    if rows:
        heading = ("setting", "type", "default", "meaning") if isinstance(item, type) else ("attribute", "value")
        parts.append(columns(rows, heading))
    return "\n\n".join(parts)


def settings(config: type) -> list[tuple[str, str, str, str]]:
    """The settings of a config class as rows of name, type, default and help text, in the words of the command line."""
    return [
        (name, _type(shape_of(type_of(field))), _default(field), field.metadata.get("help", ""))
        for name, field in fields_of(config).items()
    ]


def _type(shape: Shape) -> str:
    optional = " or none" if shape.optional else ""
    if shape.form == "slot":
        return f"one of the {shape.kind.kind}{optional}"
    if shape.form == "mapping" and shape.item is not None:
        return f"names, each with {_type(shape.item)}{optional}"
    return described(shape.annotation) + optional


def _example(entry: Entry, name: str) -> str:
    """A command line with the entry, and with what it does not go without."""
    item, kind = entry.loaded, entry.kind
    slot = LOSS_SLOTS[item.role] if kind == "losses" else SLOTS.get(kind, kind)
    stated = registry(kind).use
    example = f"spacenit-run {stated}" if stated else EXAMPLES.get(kind, SLOT_EXAMPLE)
    words = [example.format(slot=slot, name=name, entry=name)]
    if kind == "sensors" and item.normalization is None and item.derived is None:
        return f"spacenit-run data stats DIR --sensor {name}"
    if kind == "sensors" and not item.temporal:
        # Maps are only predicted in the official recipes, and something has to be encoded.
        words.append("--train_module.masking.only_decode_modalities=[]")
    if kind == "losses" and item.role == "pixels":
        words.append("--model.reconstructor={}")
    if kind in PARTNERS and entry.name in registry(PARTNERS[kind]).names():
        words.append(f"--plugin {PARTNERS[kind]}={entry.name}")
    if kind in SLOT_PATHS:
        words += [f"--{SLOT_PATHS[kind]}.{name}=..." for name, _, default, _ in settings(item) if default == REQUIRED]
    return " ".join(words)


def _settings(item: type) -> list[tuple[str, ...]]:
    return list(settings(item)) if attrs.has(item) else []


def _contents(item: Any) -> list[tuple[str, ...]]:
    if not attrs.has(type(item)):
        return []
    rows: list[tuple[str, ...]] = []
    for field in attrs.fields(type(item)):
        value = getattr(item, field.name)
        if isinstance(value, dict):
            text = "\n".join(f"{key}: {_plain(part)}" for key, part in value.items())
        elif isinstance(value, tuple) and any(attrs.has(type(part)) for part in value):
            text = "\n".join(map(_plain, value))
        else:
            text = _plain(value)
        rows.append((field.name, text or "-"))
    return rows


def _plain(value: Any) -> str:
    if attrs.has(type(value)):
        inside = (f"{field.name}={_plain(getattr(value, field.name))}" for field in attrs.fields(type(value)))
        return f"{type(value).__name__}({', '.join(inside)})"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _default(field: "attrs.Attribute[Any]") -> str:
    stated: Any = field.default
    if isinstance(stated, attrs.Factory) and stated.takes_self:  # type: ignore[arg-type]
        return "(from other settings)"
    default = default_of(field)
    if default is attrs.NOTHING:
        return REQUIRED
    plain, shape = unstructure(default), shape_of(type_of(field))
    if shape.form == "slot" and plain is not None:
        return str(plain["type"])
    if shape.form == "mapping" and plain:
        return ", ".join(plain)
    # Settings of its own would fill the screen.
    return "(its own defaults)" if shape.form == "node" and plain is not None else spelled(plain) or '""'


def _summary(item: Any) -> str:
    if isinstance(summary := getattr(item, "summary", None), str) and summary:
        return summary
    if isinstance(item, Registry):
        return (sys.modules[home(item.kind)].__doc__ or "(no description)").split("\n\n")[0].replace("\n", " ")
    text = inspect.getdoc(getattr(item, "callback", None) or item) or "(no description)"
    return text.split("\n\n")[0].replace("\n", " ")


def _file(entry: Entry) -> str:
    item = getattr(entry.loaded, "callback", None) or entry.loaded
    try:
        path, line = inspect.getsourcefile(item), inspect.getsourcelines(item)[1]
    except TypeError:
        # A value has no source of its own; its module and name in it are what there is.
        module, _, name = entry.value.partition(":")
        path = inspect.getsourcefile(sys.modules[module]) or ""
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        line = next((number for number, text in enumerate(lines, 1) if re.match(rf"{name}\b", text)), 1)
    return f"{path}:{line}"
