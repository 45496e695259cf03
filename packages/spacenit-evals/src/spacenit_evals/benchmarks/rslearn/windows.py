"""What windows of rslearn say of themselves: where they lie, their split, and the dates of their images."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.text import did_you_mean
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, UNUSED, VALIDATION

_SIDES = {"train": TRAIN, "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "test": TEST}
_USUAL = "spatial_split"
_TAGS = ("eval_split", "split")


@frozen(eq=False)
class Window:
    """One window.

    Attributes:
        folder: where it lies.
        crs: its reference system.
        metres: along one pixel.
        bounds: first column, first row, last column and last row on the grid of that system.
        side: of the split; UNUSED where it states none.
        days: layer -> the middle day of each of its groups of images, in the order of the groups.
    """

    folder: Path
    crs: str
    metres: float
    bounds: tuple[int, int, int, int]
    side: int
    days: dict[str, tuple[date, ...]]

    @property
    def middle(self) -> tuple[float, float]:
        """East and north in its system; rows grow southward."""
        left, top, right, bottom = self.bounds
        return (left + right) / 2 * self.metres, -(top + bottom) / 2 * self.metres


def chosen_groups(folder: Path, group: str) -> list[str]:
    """The groups of windows that are read: one group may hold the places of another in other splits.

    Args:
        folder: the set's.
        group: the one that is asked for; spatial_split where there is one, else all, if empty.

    Raises:
        UserError: for a group that is not there.
    """
    groups = sorted(path.name for path in (folder / "windows").iterdir() if path.is_dir())
    if group and group not in groups:
        raise UserError(f"{folder} has no group of windows {group!r}", did_you_mean(group, groups) or ", ".join(groups))
    usual = [_USUAL] if _USUAL in groups else groups
    return [group] if group else usual


def read_windows(folder: Path, chosen: Sequence[str]) -> list[Window]:
    """All windows of some groups of a set, by name.

    Raises:
        DataError: where there is no window, or one is damaged.
    """
    # A window without metadata is damaged, not absent.
    places = [path for name in chosen for path in sorted((folder / "windows" / name).iterdir()) if path.is_dir()]
    if not any((place / "metadata.json").is_file() for place in places):
        raise DataError(f"{folder} holds no windows/GROUP/NAME/metadata.json", "unpack the set again")
    return [_window(place) for place in places]


def _window(place: Path) -> Window:
    try:
        facts = json.loads((place / "metadata.json").read_text(encoding="utf-8"))
        projection = facts["projection"]
        options = facts.get("options") or {}
        tag = next((str(options[name]) for name in _TAGS if options.get(name)), "")
        left, top, right, bottom = (int(edge) for edge in facts["bounds"])
        metres = float(projection["x_resolution"])
        window = Window(place, str(projection["crs"]), metres, (left, top, right, bottom), _SIDES.get(tag, UNUSED), {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{place / 'metadata.json'} cannot be read: {error!r}", "unpack the set again") from error
    if tag and tag not in _SIDES:
        raise DataError(f"{place} is of the split {tag!r}", f"splits are {', '.join(_SIDES)}")
    window.days.update(_days(place))
    return window


def _days(place: Path) -> dict[str, tuple[date, ...]]:
    """The days of the groups of images of each layer; layers whose images state none are left out."""
    path = place / "items.json"
    if not path.is_file():
        return {}
    try:
        layers = json.loads(path.read_text(encoding="utf-8"))
        found = {}
        for layer in layers:
            groups = [[_day(item) for item in group] for group in layer["serialized_item_groups"]]
            if groups and all(group and None not in group for group in groups):
                found[str(layer["layer_name"])] = tuple(_median(group) for group in groups)
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} cannot be read: {error!r}", "unpack the set again") from error


def _day(item: dict[str, Any]) -> date | None:
    times = (item.get("geometry") or {}).get("time_range")
    return datetime.fromisoformat(str(times[0])).date() if times else None


def _median(days: Sequence[Any]) -> date:
    """The middle day of the images that one mosaic is made of."""
    return sorted(days)[len(days) // 2]
