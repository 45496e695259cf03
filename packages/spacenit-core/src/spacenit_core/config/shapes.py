"""What a field's annotation means: a slot, a nested config, a mapping of those, or a plain value."""

import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from spacenit_core.errors import UserError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry, kinds_in, registry


@attrs.frozen
class Shape:
    """The meaning of an annotation.

    Attributes:
        form: "slot" holds an entry of a kind, "node" a nested config, "mapping" named slots or nodes, "value" all else.
        annotation: the annotation; of slots, nodes and mappings without the None of an optional one.
        optional: whether a slot, a node or a mapping may be None.
        item: the shape of a mapping's items.
    """

    form: Literal["slot", "node", "mapping", "value"]
    annotation: Any
    optional: bool = False
    item: "Shape | None" = None

    @property
    def kind(self) -> "Registry[Any]":
        """The registry whose entries a slot holds."""
        found = registry_of(self.annotation)
        assert found is not None
        return found


def shape_of(annotation: Any) -> Shape:
    """Classify an annotation."""
    members = [member for member in get_args(annotation) if member is not type(None)] if is_union(annotation) else []
    inner = shape_of(members[0]) if len(members) == 1 else None
    if inner is not None and inner.form != "value":
        return attrs.evolve(inner, optional=True)
    if registry_of(annotation) is not None:
        return Shape("slot", annotation)
    if isinstance(annotation, type) and attrs.has(annotation):
        return Shape("node", annotation)
    if get_origin(annotation) is dict:
        item = shape_of(get_args(annotation)[1])
        if item.form != "value":
            return Shape("mapping", annotation, item=item)
    return Shape("value", annotation)


@cache
def registry_of(base: Any) -> "Registry[Any] | None":
    """The registry of the kind whose base this is; None for everything that is no kind's base."""
    if not (isinstance(base, type) and issubclass(base, EntryConfig)):
        return None
    return next((found for kind in kinds_in(base.__module__) if (found := registry(kind)).base is base), None)


def kind_of(cls: type) -> "Registry[Any] | None":
    """The registry of the kind that an entry's config class belongs to; None for plain nested configs."""
    return next((found for base in cls.__mro__ if (found := registry_of(base)) is not None), None)


@cache
def fields_of(cls: type) -> "Mapping[str, attrs.Attribute[Any]]":
    """The settings of a config class by name, with their types resolved."""
    if any(isinstance(field.type, str) for field in attrs.fields(cls)):
        try:
            attrs.resolve_types(cls)
        except (NameError, AttributeError, SyntaxError) as error:
            raise UserError(
                f"the types of {cls.__module__}.{cls.__qualname__} cannot be resolved: {error}",
                "a config module imports the types of its fields, and not under TYPE_CHECKING",
            ) from error
    return {field.alias: field for field in attrs.fields(cls) if field.init}


def type_of(field: "attrs.Attribute[Any]") -> Any:
    """A field's annotation; Any where it has none."""
    return Any if field.type is None else field.type


def is_union(annotation: Any) -> bool:
    """Whether an annotation is `X | Y` in either spelling."""
    return get_origin(annotation) in (Union, types.UnionType)


def described(annotation: Any) -> str:
    """An annotation in words: what a person may write there."""
    plain = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a text",
        Path: "a path",
        type(None): "none",
        Any: "any value",
    }
    if annotation in plain:
        return plain[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(map(str, args))
    if is_union(annotation):
        return " or ".join(map(described, args))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(annotation.__members__)
    if origin is tuple and args and args[-1] is not Ellipsis:
        return f"a list of {len(args)} values, [{', '.join(map(described, args))}]"
    if origin in (list, tuple) or annotation in (list, tuple):
        return f"a list such as [a,b], each {described(args[0])}" if args else "a list such as [a,b]"
    if origin is dict or annotation is dict:
        return 'a mapping such as {"a": 1}'
    if registry_of(annotation) is not None:
        return f"the name of an entry of kind {registry_of(annotation).kind}"  # type: ignore[union-attr]
    return "a mapping of settings" if attrs.has(annotation) else str(getattr(annotation, "__name__", annotation))
