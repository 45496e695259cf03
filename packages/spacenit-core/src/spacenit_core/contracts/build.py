"""From a config to its component, held to the contract of its kind."""

from importlib import import_module
from typing import Any, ParamSpec, Protocol, TypeVar

from spacenit_core.config.shapes import kind_of
from spacenit_core.contracts.owner import owner_of
from spacenit_core.errors import PluginError
from spacenit_core.plugins.registry import Registry

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

HELD = (
    "attention",
    "benchmarks",
    "callbacks",
    "datasets",
    "embedders",
    "encoders",
    "exporters",
    "loaders",
    "losses",
    "masking",
    "models",
    "optimizers",
    "protocols",
    "runners",
    "strategies",
    "transforms",
)
"""Kinds of the core whose configs have `build`, each with a module here; one that a plugin adds names its own."""


ARGUMENTS = {
    "benchmarks": ("takes",),
    "datasets": ("sensors",),
    "embedders": ("model", "inputs"),
    "encoders": ("sensors",),
    "loaders": ("experiment", "context"),
    "models": ("sensors",),
    "optimizers": ("model",),
    "runners": ("model",),
    "strategies": ("runner", "ranks"),
}
"""What `build` of some kinds takes."""

_REMEDY = "`spacenit-run plugins doctor` checks all plugins; tell the author of the one that adds the kind"


class Buildable(Protocol[P, T_co]):
    """A config: of what its `build` takes and makes, :func:`build` takes and makes the same."""

    def build(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """The component that the settings describe."""
        ...


def build(config: Buildable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What `config.build(*given)` makes, held to its contract from then on.

    Args:
        config: a config of one of the kinds in `HELD`, or of one that a plugin adds.
        given: what its `build` takes.
        named: the same by name.

    Returns:
        The component, or one that stands before it and checks what it returns.

    Raises:
        PluginError: for something else than the kind asks for.
    """
    kind = kind_of(type(config))
    contract = contract_of(kind) if kind is not None else None
    if kind is None or contract is None:
        return config.build(*given, **named)
    owner_of(config).takes(config.build, kind.takes or ", ".join(ARGUMENTS.get(kind.kind, ())))
    component = config.build(*given, **named)
    held: T = contract.hold(component, owner_of(config), *given, **named)
    return held


def contract_of(kind: Registry[Any]) -> Any:
    """The module with the checks of a kind; None where it has none.

    Raises:
        PluginError: where a plugin's kind names a module that cannot be used.
    """
    if not kind.contract:
        return import_module(f"spacenit_core.contracts.{kind.kind}") if kind.kind in HELD else None
    try:
        module = import_module(kind.contract)
    except ImportError as error:
        raise PluginError(f"the contract of kind {kind.kind} cannot be loaded: {error}", _REMEDY) from error
    if not callable(getattr(module, "hold", None)):
        raise PluginError(f"the contract of kind {kind.kind}, {kind.contract}, has no function hold", _REMEDY)
    return module
