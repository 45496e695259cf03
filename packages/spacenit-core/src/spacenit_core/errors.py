"""Errors that are written for the person who reads them.

Everything that a user or a data set can get wrong is raised as a :class:`SpaceNitError`; the command line prints it
without a traceback. Any other exception is a bug of ours and keeps its traceback.
"""

import os
from pathlib import Path


class SpaceNitError(Exception):
    """A problem that has an explanation.

    Args:
        message: what was given and why it cannot be used.
        hint: what to do about it, shown on a line of its own.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  {self.hint}"

    def __reduce__(self) -> tuple[type, tuple[str, str | None]]:
        # Exceptions cross process boundaries (loader workers), and the default forgets keyword arguments.
        return type(self), (self.message, self.hint)


class UserError(SpaceNitError):
    """The command, the configuration or an argument is wrong (exit code 2)."""

    exit_code = 2


def no_folder(path: Path, hint: str) -> UserError:
    """The error for a path that is no folder."""
    what = f"{path} is a file, not a folder" if os.path.exists(path) else f"there is no folder {path}"
    return UserError(what, hint)


class DataError(SpaceNitError):
    """A file or a data set is not what it claims to be (exit code 1)."""

    exit_code = 1


class PluginError(SpaceNitError):
    """A plugin does what its kind does not allow, or fails; it is named (exit code 1)."""
