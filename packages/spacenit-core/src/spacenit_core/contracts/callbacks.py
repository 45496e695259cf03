"""What a callback is: see `spacenit_core.kinds.callbacks.Callback`."""

from collections.abc import Mapping
from inspect import signature
from numbers import Real
from typing import Any

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.kinds.callbacks import Callback
from spacenit_core.text import listed

EVENTS = tuple(name for name in vars(Callback) if name.startswith("on_"))


def hold(component: Any, owner: Owner) -> Any:
    """The callback, once it is known to hear every event.

    Raises:
        PluginError: where it lacks one.
    """
    absent = [name for name in EVENTS if not callable(getattr(component, name, None))]
    if absent:
        contract = "a callback inherits spacenit_core.kinds.callbacks.Callback, or has all of its methods"
        owner.breaks(contract, f"built {shown_type(component)} without {listed(absent)}")
    for name in EVENTS:
        owner.takes(getattr(component, name), ", ".join(list(signature(getattr(Callback, name)).parameters)[1:]))
    return component


def check_row(row: dict[str, Any], before: Mapping[str, Any], owner: Owner) -> None:
    """Take the numbers that a callback added to the metrics of a step, as `metrics.jsonl` keeps them.

    Args:
        row: the metrics as the callback left them; numbers of numpy and torch become Python's.
        before: the metrics that it was given.
        owner: whose it is.

    Raises:
        PluginError: for what is no number, and where metrics that were there are others or gone.
    """
    wrong = [f"changed {name!r}" for name, value in before.items() if row.get(name, owner) is not value]
    for name in row.keys() - before.keys():
        value = row[name]
        if getattr(value, "shape", None) == () and hasattr(value, "item"):
            value = row[name] = value.item()
        if not isinstance(name, str) or not isinstance(value, Real | None):
            wrong.append(f"added {shown_type(value)} as {name!r}")
    if wrong:
        # What was measured is written yet.
        row.clear()
        row.update(before)
        contract = "a callback adds numbers by name to the metrics, and leaves those that are there"
        owner.breaks(contract, wrong[0])
