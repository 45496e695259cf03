"""From a config to its component, held to the contract of its kind."""

from importlib import import_module
from typing import Any, Protocol, cast

from spacenit_core.config.shapes import kind_of
from spacenit_core.contracts.owner import Owner, owner_of

HELD = (
    "attention",
    "baselines",
    "callbacks",
    "datasets",
    "encoders",
    "exporters",
    "loaders",
    "losses",
    "masking",
    "models",
    "optimizers",
    "probes",
    "runners",
    "transforms",
)
"""Kinds whose configs have `build`, each with a module here."""


ARGUMENTS = {
    "baselines": ("experiment",),
    "datasets": ("sensors",),
    "encoders": ("sensors",),
    "loaders": ("experiment", "place"),
    "models": ("sensors",),
    "optimizers": ("model",),
    "runners": ("model",),
}
"""What `build` of some kinds takes."""


class _Check(Protocol):
    def hold(self, component: Any, owner: Owner, *given: Any) -> Any: ...


def build(config: Any, *given: Any) -> Any:
    """What `config.build(*given)` makes, held to its contract from then on.

    Args:
        config: a config of one of the kinds in `HELD`.
        given: what its `build` takes.

    Returns:
        The component, or one that stands before it and checks what it returns.

    Raises:
        PluginError: for something else than the kind asks for.
    """
    kind = kind_of(type(config))
    if kind is None or kind.kind not in HELD:
        return config.build(*given)
    owner_of(config).takes(config.build, ", ".join(ARGUMENTS.get(kind.kind, ())))
    component = config.build(*given)
    check = cast(_Check, import_module(f"spacenit_core.contracts.{kind.kind}"))
    return check.hold(component, owner_of(config), *given)
