"""What a callback is: see `spacenit_core.kinds.callbacks.Callback`."""

from inspect import signature
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
