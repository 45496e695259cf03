"""Whether what is built begins with weights that it reads from files."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_READ = ContextVar("initial weights are read", default=True)


def are_read() -> bool:
    """Whether an encoder that begins with a file's weights reads them; else it draws them at random.

    Entries ask this in `build`.
    """
    return _READ.get()


@contextmanager
def drawn() -> Iterator[None]:
    """While something is built whose weights others take the place of, or that is to know nothing: no file is read."""
    before = _READ.set(False)
    try:
        yield
    finally:
        _READ.reset(before)
