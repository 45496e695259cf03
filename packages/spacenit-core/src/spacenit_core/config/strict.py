"""Single values, strictly: a truth value is no number, a text is no number, and a number that is not finite is none."""

import math
import re
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from spacenit_core.config.problems import Invalid, shown
from spacenit_core.config.shapes import described
from spacenit_core.text import did_you_mean


def unexpected(annotation: Any, data: Any) -> Invalid:
    """The problem of a value of the wrong type."""
    return Invalid.because(f"expected {described(annotation)}, not {shown(data)}")


def strict_bool(data: Any, annotation: Any) -> bool:
    """True or false."""
    if not isinstance(data, bool):
        raise unexpected(annotation, data)
    return data


def strict_int(data: Any, annotation: Any) -> int:
    """A whole number."""
    data = _ungrouped(data)
    if isinstance(data, bool) or not isinstance(data, int):
        raise unexpected(annotation, data)
    return data


def strict_float(data: Any, annotation: Any) -> float:
    """A finite number; whole numbers count."""
    data = _ungrouped(data)
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise unexpected(annotation, data)
    try:
        value = float(data)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise Invalid.because(f"expected a finite number, not {shown(data)}")
    return value


def _ungrouped(data: Any) -> Any:
    """Digits in groups, `1_000`, as the number: YAML reads them as text, since a name may look like them."""
    grouped = isinstance(data, str) and len(data) <= 100 and re.fullmatch(r"[-+]?[0-9]+(_[0-9]+)+(\.[0-9]*)?", data)
    if not grouped:
        return data
    return float(data) if "." in data else int(data)


def strict_str(data: Any, annotation: Any) -> str:
    """A text."""
    if not isinstance(data, str):
        raise unexpected(annotation, data)
    if not _encodable(data):
        raise Invalid.because(f"{shown(data)} is not valid text")
    return data


def _encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def strict_none(data: Any, annotation: Any) -> None:
    """None."""
    if data is not None:
        raise unexpected(annotation, data)


def strict_path(data: Any, annotation: Any) -> Path:
    """A path on this machine; `~` is the home folder."""
    if isinstance(data, Path):
        return data
    if not isinstance(data, str) or not data or "\0" in data or not _encodable(data):
        raise unexpected(annotation, data)
    if "://" in data:
        raise Invalid.because(
            f"{shown(data)} is not on this machine", hint="copy or mount it, and name the folder where it is then"
        )
    try:
        return Path(data).expanduser()
    except RuntimeError as error:
        raise Invalid.because(f"{shown(data)}: {error}") from error


def strict_literal(data: Any, annotation: Any) -> Any:
    """One of the values of a Literal."""
    choices = get_args(annotation)
    for choice in choices:
        if type(choice) is type(data) and choice == data:
            return choice
    question = did_you_mean(data, [str(choice) for choice in choices]) if isinstance(data, str) else ""
    raise Invalid.because(
        f"expected {described(annotation)}, not {shown(data)}" + (f"; {question}" if question else "")
    )


def strict_enum(data: Any, annotation: type[Enum]) -> Enum:
    """One of the names of an Enum."""
    if not isinstance(data, str) or data not in annotation.__members__:
        question = did_you_mean(data, annotation.__members__) if isinstance(data, str) else ""
        expected = f"expected {described(annotation)}, not {shown(data)}"
        raise Invalid.because(expected + (f"; {question}" if question else ""))
    return annotation[data]
