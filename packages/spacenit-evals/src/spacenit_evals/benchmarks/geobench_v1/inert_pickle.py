"""Pickles of others, read as data: nothing that they name is imported or called.

GEO-Bench v1 keeps labels and positions in pickles alone. This is the one module that may import `pickle.Unpickler`.
"""

import io
from pickle import Unpickler, UnpicklingError  # noqa: TID251  (of which nothing is called)
from typing import Any, NoReturn

from spacenit_core.errors import DataError

MAX_BYTES = 4 * 2**20
"""Larger ones are refused: those of a sample have some kilobytes."""


class Record:
    """What stands for an object of a class that is not imported.

    Attributes:
        name: the class or function, "module.name".
        arguments: what it was called with.
        state: what was put into it afterwards; None where nothing was.
    """

    name = ""

    def __new__(cls, *arguments: Any, **named: Any) -> "Record":
        """Keep the arguments."""
        record = object.__new__(cls)
        record.arguments = arguments
        record.state = None
        return record

    arguments: tuple[Any, ...]
    state: Any

    def __init__(self, *_: Any, **__: Any) -> None:
        """Nothing: `__new__` has kept everything."""

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __repr__(self) -> str:
        return f"<{self.name} {self.arguments!r}>"


class _InertUnpickler(Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        """A class of records in place of the one that is named."""
        return type("Record", (Record,), {"name": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> NoReturn:
        """Refused: it would mean something outside of the file."""
        raise UnpicklingError("it refers to objects outside of itself")


def read_pickle(content: bytes, where: str) -> Any:
    """The content of a pickle: plain values, and records for everything else.

    Args:
        content: the pickle.
        where: whose it is, for messages.

    Raises:
        DataError: for what is no pickle, or is too large to be one of a sample.
    """
    if len(content) > MAX_BYTES:
        raise DataError(f"{where}: its pickle has {len(content):,} bytes", "copy it again from its publisher")
    try:
        return _InertUnpickler(io.BytesIO(content)).load()
    except (RecursionError, MemoryError) as error:
        raise DataError(f"{where}: its pickle is nested too deeply", "copy it again from its publisher") from error
    except Exception as error:
        # A damaged pickle may end in nearly any exception of nearly any operation.
        reason = f"{type(error).__name__}: {error}"
        raise DataError(f"{where}: its pickle is damaged ({reason})", "copy it again from its publisher") from error
