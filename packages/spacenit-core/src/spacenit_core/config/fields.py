"""Fields of config classes: every setting carries its help text, and validators speak to people."""

from collections.abc import Callable, Collection
from typing import Any

import attrs

Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def setting(
    help: str,
    default: Any = attrs.NOTHING,
    *,
    factory: Callable[[], Any] | None = None,
    validator: Validator | None = None,
    converter: Callable[[Any], Any] | None = None,
    names: str = "",
    unwritten: bool = False,
) -> Any:
    """A field of a config class.

    Args:
        help: one line: what it sets, with its unit.
        default: its default; required without one.
        factory: makes the default, where it is mutable or costly.
        validator: see :func:`at_least`, :func:`between`, :func:`one_of`.
        converter: brings a value into its one normal form, e.g. names into lower case.
        names: the kind whose entries its texts, or the keys of its mapping, name ("sensors"): a run checks them, brings
            them to their installed names, and leaves out what it does not use.
        unwritten: whether it is left out of what is written while it is None.
    """
    metadata = {"help": help, "names": names, "unwritten": unwritten}
    if factory is not None:
        return attrs.field(factory=factory, validator=validator, converter=converter, metadata=metadata)
    return attrs.field(default=default, validator=validator, converter=converter, metadata=metadata)


def at_least(low: float) -> Validator:
    """Numbers from `low` upwards; None passes."""

    def check(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value is not None and not value >= low:
            raise ValueError(f"{attribute.name} must be at least {low:g}, not {value!r}")

    return check


def above(low: float) -> Validator:
    """Numbers greater than `low`; None passes."""

    def check(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value is not None and not value > low:
            raise ValueError(f"{attribute.name} must be greater than {low:g}, not {value!r}")

    return check


def between(low: float, high: float) -> Validator:
    """Numbers from `low` to `high`, both included; None passes."""

    def check(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value is not None and not low <= value <= high:
            raise ValueError(f"{attribute.name} must lie between {low:g} and {high:g}, not {value!r}")

    return check


def one_of(values: Collection[Any]) -> Validator:
    """One of some values."""

    def check(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value not in values:
            raise ValueError(f"{attribute.name} must be one of {', '.join(map(str, values))}, not {value!r}")

    return check
