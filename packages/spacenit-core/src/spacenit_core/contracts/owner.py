"""Whose a component is, so that an error can name it."""

from collections.abc import Callable
from functools import cache
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction, signature
from typing import Any, NoReturn

from attrs import frozen

from spacenit_core.config.shapes import kind_of
from spacenit_core.errors import PluginError, UserError
from spacenit_core.plugins.known import FAMILY, KNOWN
from spacenit_core.plugins.registry import described, home, singular

OFFICIAL = {*FAMILY, *(owner for entries in KNOWN.values() for owner in entries.values())}
"""Distributions whose faults are ours."""


@frozen
class Owner:
    """The entry that a component was built from.

    Attributes:
        text: the entry with its distribution and where it is, for messages.
        kind: what it is an entry of.
        official: whether it is one of ours.
    """

    text: str
    kind: str
    official: bool = False

    def breaks(self, contract: str, found: str) -> NoReturn:
        """Refuse what a component did.

        Args:
            contract: what was due: "masking returns uint8 [B, N]".
            found: what it did: "returned None".

        Raises:
            PluginError: always.
        """
        raise PluginError(
            f"{self.text} {found}; {contract}",
            f"the contract is in {home(self.kind)}; tell the plugin's author, or mend it",
        )

    def takes(self, function: Callable[..., Any], call: str, *, iterated: bool = False) -> None:
        """Refuse a function that cannot be called as its kind is, or of which nothing would run when it is.

        Args:
            function: the function; one of C, which does not say what it takes, passes.
            call: its arguments as a kind writes them: "layout, missing, draws", or "index, cells=".
            iterated: whether what it returns is iterated, so that it may be a generator.

        Raises:
            PluginError: with what does not fit.
        """
        called = getattr(function, "__qualname__", type(function).__name__)
        put_off = (iscoroutinefunction, isasyncgenfunction, *(() if iterated else (isgeneratorfunction,)))
        if any(is_put_off(function) for is_put_off in put_off):
            self.breaks(f"it is called with ({call})", f"has {called}, a generator or coroutine, which would never run")
        names = [name.strip() for name in call.split(",") if name.strip()]
        given = [None for name in names if not name.endswith("=")]
        named = {name.removesuffix("="): None for name in names if name.endswith("=")}
        try:
            signature(function).bind(*given, **named)
        except ValueError:
            return
        except TypeError as error:
            self.breaks(f"it is called with ({call})", f"has {called} that cannot be called so: {error}")


def owner_of(config: object) -> Owner:
    """The owner of what a config, or a config class, builds."""
    return _owner_of_class(config if isinstance(config, type) else type(config))


@cache
def _owner_of_class(cls: type) -> Owner:
    registry = kind_of(cls)
    name = f"{cls.__module__}:{cls.__qualname__}"
    if registry is None:
        return Owner(name, "base", name.startswith("spacenit_"))
    try:
        entry = registry.entry(registry.name_of(cls))
    except UserError:
        return Owner(f"{singular(registry.kind)} {name}", registry.kind)
    return Owner(described(entry), registry.kind, entry.distribution in OFFICIAL)


def shown_type(value: object) -> str:
    """What a value is, for messages: its type, the type and shape of what an array holds, and its device."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    name = type(value).__name__
    if value is None:
        return "None"
    device = getattr(getattr(value, "device", None), "type", "cpu")
    where = "" if device == "cpu" else f" on the device {device}"
    return name if shape is None else f"a {name} {str(dtype).removeprefix('torch.')} {list(shape)}{where}"
