"""What the doctor says of a kind that a plugin adds."""

from collections.abc import Iterator
from typing import Any, Literal

from spacenit_core.errors import SpaceNitError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.discovery import Entry
from spacenit_core.plugins.registry import Registry, is_own


def check_kind(entry: Entry) -> Iterator[tuple[Literal["error", "warning", "note"], str]]:
    """Check an entry of kind `kinds` that loads: levels and messages.

    Args:
        entry: a loaded entry; its value is a `Registry`.
    """
    found: Registry[Any] = entry.loaded
    if is_own(entry.name):
        yield "error", "is the name of a kind of spacenit-core, which is taken in its place: choose another one"
        return
    if found.kind != entry.name:
        yield "error", f"the registry calls its kind {found.kind!r}; both names must be the same"
        return
    if not found.value:
        yield from _check_base(entry, found)
        yield from _check_contract(found)
    from spacenit_core.cli.templates_of import templates_of

    if templates_of(entry.name) is None:
        yield "note", f"`plugins new --kind {entry.name}` has no template: see docs/write_a_plugin.md"


def _check_base(entry: Entry, found: Registry[Any]) -> Iterator[tuple[Literal["error"], str]]:
    module = entry.value.partition(":")[0]
    if not (isinstance(found.base, type) and issubclass(found.base, EntryConfig)):
        yield "error", "the base of its entries does not inherit spacenit_core.kinds.base.EntryConfig"
    elif found.base.__module__ != module:
        yield (
            "error",
            f"the base of its entries is in {found.base.__module__}: define it beside the registry, in {module}",
        )


def _check_contract(found: Registry[Any]) -> Iterator[tuple[Literal["error", "warning"], str]]:
    from spacenit_core.contracts.build import contract_of

    if not found.contract:
        yield "warning", "names no contract, so that nothing checks what its entries build: Registry(..., contract=...)"
        return
    try:
        contract_of(found)
    except SpaceNitError as error:
        yield "error", error.message
