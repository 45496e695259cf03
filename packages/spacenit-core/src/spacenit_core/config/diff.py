"""What two configurations differ in."""

from typing import Any

from spacenit_core.config.converter import unstructure
from spacenit_core.config.tree import leaves

ABSENT = "-"
"""Stands for a setting that one side does not have."""


def diff(first: Any, second: Any) -> list[tuple[str, Any, Any]]:
    """The settings in which two configs (or their plain data) differ: dotted path, first value, second value."""
    left, right = ({".".join(path): value for path, value in leaves(unstructure(config))} for config in (first, second))
    paths = dict.fromkeys([*left, *right])
    return [
        (path, left.get(path, ABSENT), right.get(path, ABSENT))
        for path in paths
        if path not in left or path not in right or left[path] != right[path]
    ]
