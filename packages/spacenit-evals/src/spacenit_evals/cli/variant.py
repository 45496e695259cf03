"""The option --variant: whether data that are known to be wrong are read right, or as they were published."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from spacenit_core.errors import UserError

F = TypeVar("F", bound=Callable[..., object])


def variant_option(function: F) -> F:
    """Adds `variant` to what a command takes."""
    return click.option(
        "--variant",
        type=click.Choice(("corrected", "as_published")),
        help="Whether what is known to be wrong with the data (`spacenit-run evals defects`) is put right; corrected "
        "if unset.",
    )(function)


def with_variant(variant: str | None, overrides: Sequence[str]) -> list[str]:
    """The overrides, the variant among them.

    Raises:
        UserError: where it is stated twice.
    """
    if variant is None:
        return list(overrides)
    if twice := [token for token in overrides if token.partition("=")[0] == "--benchmark.variant"]:
        raise UserError(f"--variant and {twice[0]} set the same", "keep one of them")
    return [*overrides, f"--benchmark.variant={variant}"]
