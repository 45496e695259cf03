"""What is wrong with a configuration: collected, told all at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve, frozen

from spacenit_core.errors import UserError


@frozen
class Problem:
    """One thing that is wrong.

    Attributes:
        message: what was given and what is valid.
        path: the setting, as the keys that lead to it.
        hint: what to do about it.
        where: the flag or the file that said it, in the user's own spelling; the path where there is none.
    """

    message: str
    path: tuple[str, ...] = ()
    hint: str = ""
    where: str = ""

    def under(self, *keys: str) -> "Problem":
        """The same problem, seen from further up the tree."""
        return evolve(self, path=(*keys, *self.path))

    def __str__(self) -> str:
        where = self.where or ".".join(self.path)
        return f"{where}: {self.message}" if where else self.message


class Invalid(UserError):
    """One or more problems of a configuration.

    Args:
        problems: at least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(*_rendered(self.problems))

    @classmethod
    def because(cls, message: str, *, path: Sequence[str] = (), hint: str = "") -> "Invalid":
        """One problem."""
        return cls([Problem(message, tuple(path), hint)])

    @classmethod
    def caused_by(cls, error: UserError, *, path: Sequence[str] = ()) -> "Invalid":
        """The problem that another error tells of."""
        if isinstance(error, Invalid):
            return cls(problem.under(*path) for problem in error.problems)
        return cls([Problem(error.message, tuple(path), error.hint or "")])

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems,)


def shown(value: object, limit: int = 60) -> str:
    """A value as an error quotes it."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _rendered(problems: tuple[Problem, ...]) -> tuple[str, str | None]:
    if len(problems) == 1:
        return str(problems[0]), problems[0].hint.replace("\n", "\n  ") or None
    lines = [f"{len(problems)} problems in the configuration:"]
    for problem in problems:
        lines.append(f"  - {problem}")
        lines.extend(f"    {line}" for line in problem.hint.splitlines())
    return "\n".join(lines), None
