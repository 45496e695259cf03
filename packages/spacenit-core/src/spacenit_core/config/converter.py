"""From plain data to config objects and back: strict types, no unknown keys, entries by name.

Files, overrides and checkpoints all pass through here. Every problem is found in one pass and carries its path.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import attrs
from cattrs import Converter

from spacenit_core.config.problems import Invalid, Problem, shown
from spacenit_core.config.shapes import fields_of, is_union, kind_of, registry_of, type_of
from spacenit_core.config.strict import (
    strict_bool,
    strict_enum,
    strict_float,
    strict_int,
    strict_literal,
    strict_none,
    strict_path,
    strict_str,
    unexpected,
)
from spacenit_core.errors import UserError
from spacenit_core.text import did_you_mean

T = TypeVar("T")

_STRICT: dict[Any, Callable[[Any, Any], Any]] = {
    bool: strict_bool,
    int: strict_int,
    float: strict_float,
    str: strict_str,
    Path: strict_path,
}


def structure(data: Any, cls: type[T]) -> T:
    """Make a config object from plain data.

    Args:
        data: mappings, lists, texts, numbers, true, false and None, as YAML and JSON hold them.
        cls: the config class, or the base of a kind.

    Raises:
        UserError: with every unknown key, wrong type and value out of range.
    """
    return converter().structure(data, cls)


def unstructure(config: Any) -> Any:
    """Turn a config object into plain data, from which `structure` makes an equal one. Entries write `type` first."""
    return converter().unstructure(config)


@cache
def converter() -> Converter:
    """The one converter of this process."""
    return make_converter()


def make_converter() -> Converter:
    """A new converter with the rules of SpaceNit."""
    made = Converter(detailed_validation=False)
    for primitive, strict in _STRICT.items():
        made.register_structure_hook(primitive, partial(_strictly, strict))
    made.register_structure_hook_func(lambda t: t is type(None), strict_none)
    made.register_structure_hook_func(lambda t: get_origin(t) is Literal, strict_literal)
    made.register_structure_hook_func(lambda t: isinstance(t, type) and issubclass(t, Enum), strict_enum)
    for accepts, hook in (
        (is_union, _union),
        (lambda t: get_origin(t) is list, _list),
        (lambda t: get_origin(t) is tuple, _tuple),
        (lambda t: get_origin(t) is dict, _dict),
        (_is_config, _config),
        (lambda t: registry_of(t) is not None, _slot),
    ):
        made.register_structure_hook_func(accepts, _bound(hook, made))
    made.register_unstructure_hook_func(_is_config, lambda value: _plain_config(made, value))
    made.register_unstructure_hook_func(
        lambda t: isinstance(t, type) and issubclass(t, list | tuple),
        lambda value: [made.unstructure(item) for item in value],
    )
    made.register_unstructure_hook_func(lambda t: isinstance(t, type) and issubclass(t, Path), str)
    made.register_unstructure_hook_func(lambda t: isinstance(t, type) and issubclass(t, Enum), lambda value: value.name)
    made.register_unstructure_hook(str, lambda value: value.name if isinstance(value, Enum) else value)
    return made


def unknown_key(key: object, cls: type, owner: str = "") -> Problem:
    """The problem of a key that a config class does not have."""
    names = list(fields_of(cls))
    question = did_you_mean(str(key), names)
    holder = f" in {owner}" if owner else ""
    listed = f"its keys: {', '.join(names)}" if names else "it has no settings"
    return Problem(f"unknown key {str(key)!r}{holder}; {question or listed}", (str(key),))


def default_of(field: "attrs.Attribute[Any]") -> Any:
    """A field's default as an object; attrs.NOTHING where it is required or depends on other fields."""
    default: Any = field.default
    if not isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default
    return attrs.NOTHING if default.takes_self else default.factory()


def is_default(config: Any, name: str) -> bool:
    """Whether a setting has its default; one without a default has to be given."""
    default = default_of(attrs.fields_dict(type(config))[name])
    return default is attrs.NOTHING or bool(getattr(config, name) == default)


def refusal(cls: type, key: str, value: Any) -> str:
    """What a setting's validator says about a value, a config object or a plain one; empty where it takes it."""
    return " ".join(problem.message for problem in _out_of_range(cls, {key: value}))


def _strictly(strict: Callable[[Any, Any], Any], data: Any, annotation: Any) -> Any:
    # cattrs looks classes up by their bases first, so that an Enum of texts arrives at the hook for texts.
    return strict_enum(data, annotation) if issubclass(annotation, Enum) else strict(data, annotation)


def _bound(hook: Callable[[Converter, Any, Any], Any], made: Converter) -> Callable[[Any, Any], Any]:
    return lambda data, annotation: hook(made, data, annotation)


def _is_config(annotation: Any) -> bool:
    return isinstance(annotation, type) and attrs.has(annotation)


def _union(made: Converter, data: Any, annotation: Any) -> Any:
    members = get_args(annotation)
    if data is None and type(None) in members:
        return None
    members = tuple(member for member in members if member is not type(None))
    if len(members) == 1:
        return made.structure(data, members[0])
    for member in members:
        try:
            return made.structure(data, member)
        except Invalid:
            continue
    raise unexpected(annotation, data)


def _items(made: Converter, pairs: list[tuple[str, Any, Any]]) -> list[Any]:
    """Structure named items, each by its own annotation, and collect their problems."""
    done: list[Any] = []
    problems: list[Problem] = []
    for name, item, annotation in pairs:
        try:
            done.append(made.structure(item, annotation))
        except UserError as error:
            problems.extend(Invalid.caused_by(error, path=(name,)).problems)
    if problems:
        raise Invalid(problems)
    return done


def _list(made: Converter, data: Any, annotation: Any) -> list[Any]:
    if not isinstance(data, list | tuple):
        raise unexpected(annotation, data)
    (item,) = get_args(annotation)
    return _items(made, [(str(index), value, item) for index, value in enumerate(data)])


def _tuple(made: Converter, data: Any, annotation: Any) -> tuple[Any, ...]:
    args = get_args(annotation)
    if not isinstance(data, list | tuple):
        raise unexpected(annotation, data)
    if args[-1] is Ellipsis:
        args = (args[0],) * len(data)
    if len(args) != len(data):
        raise unexpected(annotation, list(data))
    return tuple(_items(made, [(str(k), value, args[k]) for k, value in enumerate(data)]))


def _dict(made: Converter, data: Any, annotation: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise unexpected(annotation, data)
    for key in data:
        if not isinstance(key, str):
            raise Invalid.because(f"keys are texts, not {shown(key)}")
    item = get_args(annotation)[1]
    values = data
    if registry_of(item) is not None:
        # An entry in a mapping is found under the name it was given, unless its type says otherwise.
        values = {key: {"type": key, **value} if isinstance(value, Mapping) else value for key, value in data.items()}
    return dict(zip(values, _items(made, [(key, value, item) for key, value in values.items()]), strict=True))


def _slot(made: Converter, data: Any, base: Any) -> Any:
    found = registry_of(base)
    assert found is not None
    if isinstance(data, str):
        data = {"type": data}
    if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
        names = ", ".join(found.names())
        raise Invalid.because(f"expected the name of an entry of kind {found.kind} or {{type: NAME, ...}}, not "
                              f"{shown(data)}", hint=f"installed: {names}")  # fmt: skip
    try:
        cls = found.get(data["type"])
    except UserError as error:
        raise Invalid.caused_by(error, path=("type",)) from error
    if not attrs.has(cls):
        raise Invalid.because(f"{cls.__qualname__} is not an attrs class, so its settings are unknown", path=("type",))
    return made.structure({key: value for key, value in data.items() if key != "type"}, cls)


def _config(made: Converter, data: Any, cls: Any) -> Any:
    if not isinstance(data, Mapping):
        raise unexpected(cls, data)
    given = dict(data)
    found = kind_of(cls)
    if found is not None and "type" in given and found.canonical(str(given.pop("type"))) != found.name_of(cls):
        raise Invalid.because(f"expected {found.name_of(cls)}, not {shown(data['type'])}", path=("type",))
    fields = fields_of(cls)
    problems = [unknown_key(key, cls) for key in given if key not in fields]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in given:
            try:
                values[name] = made.structure(given[name], type_of(field))
            except UserError as error:
                problems.extend(Invalid.caused_by(error, path=(name,)).problems)
        elif field.default is attrs.NOTHING:
            problems.append(Problem("is required", (name,)))
    if problems:
        raise Invalid([*problems, *_out_of_range(cls, values)])
    try:
        return cls(**values)
    except Exception as error:
        # Validators may raise anything; a config class that refuses its values speaks to the user.
        raise Invalid(_out_of_range(cls, values) or [Problem(str(error) or repr(error))]) from error


def _out_of_range(cls: Any, values: dict[str, Any]) -> list[Problem]:
    """What the validators of the given values say, each on its own (attrs stops at the first)."""
    bare = cls.__new__(cls)
    fields = {name: field for name, field in fields_of(cls).items() if name in values}
    for name, field in fields.items():
        object.__setattr__(bare, field.name, values[name])
    problems = []
    for name, field in fields.items():
        try:
            convert: Any = field.converter
            value = convert(values[name]) if callable(convert) else values[name]
            if field.validator is not None:
                field.validator(bare, field, value)
        except (ValueError, TypeError) as error:
            message = str(error)
            for prefix in (f"{field.name} ", f"'{field.name}' "):
                message = message.removeprefix(prefix)
            problems.append(Problem(message, (name,)))
        except AttributeError:
            # It looks at a field that is itself wrong; that field's problem is told.
            continue
    return problems


def _plain_config(made: Converter, value: Any) -> dict[str, Any]:
    cls: Any = type(value)
    found = kind_of(cls)
    head = {} if found is None else {"type": found.name_of(cls)}
    return head | {
        name: made.unstructure(getattr(value, field.name))
        for name, field in fields_of(cls).items()
        if getattr(value, field.name) is not None or not field.metadata.get("unwritten")
    }
