"""Override text by the type that it reaches: `1e-4` is a number, `no` a text where a text is due, `[a,b]` a list."""

import json
import math
import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from spacenit_core.config.converter import converter
from spacenit_core.config.problems import Invalid, shown
from spacenit_core.config.shapes import described, is_union
from spacenit_core.errors import UserError

BOOLS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
NONES = ("none", "null")
_NO_TEXTS = ("null", "{}", "[]")

MAX_TEXT = 100_000
"""Characters of one override."""


def parse(text: str, annotation: Any) -> Any:
    """Read a value from the command line.

    Args:
        text: what stands behind the equals sign.
        annotation: the type of the setting that it is for.

    Returns:
        Plain data that the converter accepts for this type.

    Raises:
        Invalid: where the text does not spell such a value.
    """
    if len(text) > MAX_TEXT:
        raise Invalid.because(f"{len(text)} characters are too many for one value")
    data = _read(text, annotation)
    # Structured and taken apart again, so that equal values look equal: 1 for a float is 1.0.
    return converter().unstructure(converter().structure(data, annotation))


def spelled(value: Any) -> str:
    """Plain data as a person types it behind the equals sign; `parse` reads it back."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(_spelled_item(item) for item in value)}]"
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _spelled_item(item: Any) -> str:
    if isinstance(item, str) and (not re.fullmatch(r"[\w./:-]+", item) or item.lower() in NONES):
        return json.dumps(item)
    return spelled(item)


def as_mapping(text: str) -> dict[str, Any] | None:
    """The mapping that a JSON text spells; None for any other text.

    Raises:
        Invalid: for a mapping in which a key occurs twice or a number is not finite.
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, RecursionError):
        return None
    except ValueError as error:
        raise Invalid.because(f"{shown(text)}: {str(error)[:60]}") from error
    return data if isinstance(data, dict) else None


def _read(text: str, annotation: Any) -> Any:
    origin = get_origin(annotation)
    if is_union(annotation):
        return _read_union(text, annotation)
    if origin is Literal:
        return next((choice for choice in get_args(annotation) if str(choice) == text), text)
    if origin in (list, tuple) or annotation in (list, tuple):
        return _read_list(text, annotation)
    if origin is dict or annotation is dict:
        data = as_mapping(text)
        if data is None:
            raise Invalid.because(f"expected {described(annotation)}, not {shown(text)}", hint="mappings are JSON")
        return data
    if annotation in (str, Path) and text.strip() in _NO_TEXTS:
        raise Invalid.because(
            f"expected {described(annotation)}, not {shown(text)}", hint="leave it out to keep what it is"
        )
    reader = _READERS.get(annotation)
    if reader is not None:
        return reader(text)
    if annotation is Any:
        return _read_any(text)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return text
    data = as_mapping(text)
    return text if data is None else data


def _read_union(text: str, annotation: Any) -> Any:
    members = get_args(annotation)
    if type(None) in members and text.lower() in NONES:
        return None
    # A text accepts everything, so it is asked last.
    ordered = sorted((member for member in members if member is not type(None)), key=lambda member: member is str)
    if len(ordered) == 1:
        return _read(text, ordered[0])
    for member in ordered:
        try:
            data = _read(text, member)
            converter().structure(data, member)
        except UserError:
            continue
        return data
    raise Invalid.because(f"expected {described(annotation)}, not {shown(text)}")


def _read_bool(text: str) -> bool:
    try:
        return BOOLS[text.lower()]
    except KeyError:
        raise Invalid.because(f"expected true or false, not {shown(text)}") from None


def _read_int(text: str) -> int:
    if not re.fullmatch(r"[-+]?[0-9]+(_[0-9]+)*", text) or len(text) > 100:
        raise Invalid.because(f"expected a whole number, not {shown(text)}")
    return int(text)


def _read_float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Invalid.because(f"expected a number, not {shown(text)}") from None
    if not math.isfinite(value):
        raise Invalid.because(f"expected a finite number, not {shown(text)}")
    return value


def _read_none(text: str) -> None:
    if text.lower() not in NONES:
        raise Invalid.because(f"expected none, not {shown(text)}")


def _read_any(text: str) -> Any:
    for member in (bool, int, float):
        # A digit is a number before it is a spelling of true.
        if member is bool and text.isdecimal():
            continue
        try:
            return _READERS[member](text)
        except Invalid:
            continue
    return None if text.lower() in NONES else text


_READERS: dict[Any, Callable[[str], Any]] = {
    bool: _read_bool,
    int: _read_int,
    float: _read_float,
    str: lambda text: text,
    type(None): _read_none,
}


def _read_list(text: str, annotation: Any) -> list[Any]:
    plain = text.strip()
    if plain.startswith(("\\[", '[\\"')):
        # Escapes for a shell that was not there to take them away.
        plain = plain.replace("\\[", "[").replace("\\]", "]").replace('\\"', '"')
    if not (plain.startswith("[") and plain.endswith("]") and len(plain) >= 2):
        hint = f"write [{plain}]" if plain and not set(plain) & set("[]") else ""
        raise Invalid.because(f"expected a list such as [a,b], not {shown(text)}", hint=hint)
    args = get_args(annotation) or (Any, ...)
    parts = _split(plain[1:-1])
    types = [args[0]] * len(parts) if len(args) == 1 or args[-1] is Ellipsis else list(args)
    if len(types) != len(parts):
        raise Invalid.because(f"expected {described(annotation)}, not {shown(text)}")
    return [_read_item(part, item) for part, item in zip(parts, types, strict=True)]


def _read_item(part: str, annotation: Any) -> Any:
    if len(part) >= 2 and part[0] == part[-1] and part[0] in "\"'":
        if part[0] == "'":
            return part[1:-1]
        try:
            return json.loads(part)
        except json.JSONDecodeError:
            raise Invalid.because(f"{shown(part)} is not a quoted text") from None
    return _read(part, annotation)


def _split(text: str) -> list[str]:
    """Cut at the commas that stand in no quotes and no inner brackets."""
    parts, depth, quote, start, escaped = [], 0, "", 0, False
    for at, letter in enumerate(text):
        if escaped:
            escaped = False
        elif quote:
            escaped = letter == "\\" and quote == '"'
            quote = "" if letter == quote else quote
        elif letter in "\"'" and not text[start:at].strip():
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    if quote or depth:
        raise Invalid.because(f"a bracket or a quote is left open in {shown(text)}")
    if not parts and not last:
        return []
    if "" in (*parts, last):
        raise Invalid.because(f"a comma with nothing beside it in [{text[:60]}]")
    return [*parts, last]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise ValueError(f"the key {twice!r} is given twice")
    return dict(pairs)


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a finite number")
