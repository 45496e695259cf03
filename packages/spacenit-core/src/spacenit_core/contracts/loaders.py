"""What a loader has, and that its samples and steps can be counted."""

from typing import Any

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.kinds.loaders import Loader, LoaderContext, LoaderInputs
from spacenit_core.text import listed

MEMBERS = tuple(name for name in vars(Loader) if not name.startswith("_"))


def hold(component: Any, owner: Owner, _: LoaderInputs, __: LoaderContext) -> Any:
    """The loader, once it is known to have what the trainer asks for.

    Raises:
        PluginError: where it lacks something, or counts what cannot be counted.
    """
    absent = [name for name in MEMBERS if not hasattr(component, name)]
    if absent:
        contract = "a loader inherits spacenit_core.kinds.loaders.Loader, or has all of its members"
        owner.breaks(contract, f"built {shown_type(component)} without {listed(absent)}")
    owner.takes(component.batches, "first_step", iterated=True)
    for name in ("samples", "steps_per_epoch"):
        value = getattr(component, name)
        if not isinstance(value, int) or value < 1:
            owner.breaks(f"{name} is a number, at least 1", f"has {name} {value!r}")
    return component
