"""Errors that are written for the person who reads them.

Everything that a user or a data set can get wrong is raised as a :class:`SpaceNitError`; the command line prints it
without a traceback. Any other exception is a bug of ours and keeps its traceback.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class SpaceNitError(Exception):
    """A problem that has an explanation.

    A library does not know by which option a person may do what the hint says, so its hint names things: "use smaller
    blocks{block} or more labels". The command that runs fills in its own options (`name_options`); until then, and
    where it has none, nothing stands there.

    Args:
        message: what was given and why it cannot be used.
        hint: what to do about it, shown on a line of its own.
        things: the names in braces in the hint, for which a command may have an option.

    Attributes:
        template: the hint as it was given.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None, *, things: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.template, self.things = hint, things
        self._options: dict[str, str] = {}

    @property
    def hint(self) -> str | None:
        """What to do about it, with the options that were named so far."""
        if self.template is None:
            return None
        text = self.template
        for thing in self.things:
            text = text.replace(f"{{{thing}}}", self._options.get(thing, ""))
        return text

    def name_options(self, options: Mapping[str, str]) -> None:
        """Say by which options of a command the things of the hint are done.

        Args:
            options: thing -> what to put there, with the space before it: `" (--block)"`.
        """
        self._options = {**options, **self._options}

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process boundaries (loader workers), and the default forgets keyword arguments.
        return type(self), (self.message, self.template), {"things": self.things, "_options": self._options}


@contextmanager
def naming_options(options: Mapping[str, str]) -> Iterator[None]:
    """While a command works: hints of errors name its options; also a decorator.

    Args:
        options: see `SpaceNitError.name_options`.
    """
    try:
        yield
    except SpaceNitError as error:
        error.name_options(options)
        raise


class UserError(SpaceNitError):
    """The command, the configuration or an argument is wrong (exit code 2)."""

    exit_code = 2


def no_folder(path: Path, hint: str, *, things: tuple[str, ...] = ()) -> UserError:
    """The error for a path that is no folder; `things` as in `SpaceNitError`."""
    what = f"{path} is a file, not a folder" if os.path.exists(path) else f"there is no folder {path}"
    return UserError(what, hint, things=things)


class DataError(SpaceNitError):
    """A file or a data set is not what it claims to be (exit code 1)."""

    exit_code = 1


class PluginError(SpaceNitError):
    """A plugin does what its kind does not allow, or fails; it is named (exit code 1)."""
