"""Settings of entries whose class is not known: which there are, and the same entry with others."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast, get_args

from attrs import evolve

from spacenit_core.config.shapes import fields_of, type_of
from spacenit_core.kinds.base import EntryConfig

Config = TypeVar("Config", bound=EntryConfig)


def has(config: EntryConfig, name: str) -> bool:
    """Whether an entry has a setting."""
    return name in fields_of(cast(Any, type(config)))


def with_settings(config: Config, **settings: Any) -> Config:
    """The same entry with other settings."""
    return cast(Config, evolve(cast(Any, config), **settings))


def choices(config: EntryConfig, name: str) -> Sequence[Any]:
    """The values that a setting can have, where its type names them."""
    return get_args(type_of(fields_of(cast(Any, type(config)))[name])) if has(config, name) else ()
