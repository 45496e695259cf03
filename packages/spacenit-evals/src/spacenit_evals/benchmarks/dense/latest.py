"""What was read last: samples that follow each other are parts of one file."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """A reader of files that keeps what it read last.

    Args:
        read: gives the content of a file.
        most: how many contents to keep.
    """

    def __init__(self, read: Callable[[Path], T], most: int = 4) -> None:
        self._read = read
        self._most = most
        self._kept: OrderedDict[Path, T] = OrderedDict()

    def __call__(self, path: Path) -> T:
        """The content of a file."""
        if path not in self._kept:
            self._kept[path] = self._read(path)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(path)
        return self._kept[path]
