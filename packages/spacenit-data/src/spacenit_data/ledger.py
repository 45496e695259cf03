"""The ledger of long work: a line for each part that is done, so that it goes on where it was interrupted."""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from attrs import define, field

from spacenit_core.errors import DataError, UserError


@define(eq=False)
class Ledger:
    """A file of JSON lines in a folder that one process holds.

    Attributes:
        folder: where the unfinished work lies.
        fingerprint: of what the work follows from; that of other files or settings is not continued.
        work: what it is, for messages: "conversion".
    """

    folder: Path
    fingerprint: str
    work: str
    _file: TextIO | None = field(default=None, init=False)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "ledger.jsonl"

    @contextmanager
    def opened(self, take: Callable[[dict[str, Any]], None]) -> Iterator[None]:
        """Make the folder, keep other processes out of it, and read what is done.

        Args:
            take: called with each entry that was noted before.

        Raises:
            UserError: if another process is at work there, or left something else unfinished.
            DataError: if the file is damaged.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(
                    f"another {self.work} is writing to {self.folder}", "wait for it, or stop it"
                ) from error
            length = self._read(take) if self.path.exists() else 0
            with self.path.open("a", encoding="utf-8") as self._file:
                # A line that a crash cut short is the last one: it is taken back.
                self._file.truncate(length)
                if not length:
                    self.note({"fingerprint": self.fingerprint})
                yield

    def note(self, entry: dict[str, Any]) -> None:
        """Add an entry; it outlives this process."""
        if self._file is None:
            raise ValueError("the ledger is not open")
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def is_of_this_work(self) -> bool:
        """Whether the file in the folder, if there is one, was begun by the same work."""
        if not self.path.exists():
            return False
        with self.path.open("rb") as file:
            return self.fingerprint.encode() in file.readline()

    def _read(self, take: Callable[[dict[str, Any]], None]) -> int:
        """Read the whole lines and return how many bytes they are."""
        length = 0
        with self.path.open("rb") as file:
            lines = [line for line in file if line.endswith(b"\n")]
        if len(lines) == 1 and self.fingerprint.encode() not in lines[0]:
            # Other work began here and did nothing: its first part was refused.
            return 0
        for line in lines:
            try:
                entry = json.loads(line)
                if length:
                    take(entry)
                else:
                    self._check(entry["fingerprint"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DataError(
                    f"{self.path} is damaged: {error}", "delete its folder and run the command again"
                ) from error
            length += len(line)
        return length

    def _check(self, fingerprint: str) -> None:
        if fingerprint != self.fingerprint:
            raise UserError(
                f"{self.folder} holds an unfinished {self.work} of other files, or with other settings",
                "repeat the command that began it, or delete that folder, or choose another --out",
            )
