"""The rows of metrics that are not yet in a file: each step's, completed by what the device measured in it."""

from numbers import Real
from typing import Any

from spacenit_train.trainer.metrics import Row
from spacenit_train.trainer.step import StepNumbers, read_numbers

_FIRST = ("step", "epoch", "tokens")
_OWN = {*_FIRST, "loss", "grad_norm", "lr", "seconds", "data_seconds"}


class PendingRows:
    """Rows of steps in order. What the device measured is read late, because reading waits for it."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._unread: list[StepNumbers] = []
        self._early: Row = {}

    @property
    def last(self) -> Row:
        """The row of the newest step; what is added to it is written with it."""
        return self._rows[-1]

    def add(self, row: Row, measured: StepNumbers) -> None:
        """Add a step, with what was logged since the last row was taken."""
        self._rows.append({**row, **self._early})
        self._early = {}
        self._unread.append(measured)

    @property
    def early(self) -> tuple[str, ...]:
        """The metrics that wait for the next step."""
        return tuple(self._early)

    def log(self, name: str, value: Any) -> None:
        """Add a number to the newest row, or to the next one where none is left.

        Raises:
            ValueError: where the row has it already, or it is no number.
        """
        row = self._rows[-1] if self._rows else self._early
        if name in row or name in _OWN:
            raise ValueError(f"there is a metric {name!r} in this step already")
        number = value.item() if hasattr(value, "item") else value
        if not isinstance(number, Real):
            raise ValueError(f"{name!r} is no number, but {value!r}")
        row[name] = number

    def read(self) -> None:
        """Complete the rows; on a GPU the one moment in which it is waited for.

        Raises:
            NonFiniteError: for a loss or a gradient that is not finite; the rows from there on are gone.
        """
        waiting, self._unread = self._unread, []
        first = len(self._rows) - len(waiting)
        rows, self._rows = self._rows[first:], self._rows[:first]
        consequence = "the weights are lost since then, and the newest checkpoint is older"
        for row, numbers in zip(rows, read_numbers(waiting, consequence=consequence), strict=True):
            # What was measured stands before what callbacks added, and is what it is.
            self._rows.append({**dict.fromkeys(_FIRST), **numbers, **row, **numbers})

    def take(self) -> list[Row]:
        """All rows, complete; none are kept."""
        self.read()
        rows, self._rows = self._rows, []
        return rows
