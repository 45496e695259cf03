"""Paths as arguments and options of commands."""

import os
from pathlib import Path
from typing import Any

import click


class _Path(click.Path):
    """A path that is not empty: nothing, as an unset variable of the shell gives, would be the present folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty path was given (is a variable of the shell unset?)", param, ctx)
        return super().convert(value, param, ctx)


PATH = _Path()
"""The type of every path; what is there is looked at by what uses it."""
