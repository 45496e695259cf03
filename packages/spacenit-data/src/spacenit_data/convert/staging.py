"""The folder in which a conversion lies until it is complete, and its ledger.

How many samples there will be, and so their numbers, is known at the end: a source may be left out once its images have
been read. Samples are therefore written under the number of their source, and moved to their own when all are there.
The ledger has a line for each source that is done; a conversion that was interrupted, wherever it was, goes on from it.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from attrs import Factory, define, field

from spacenit_core.errors import DataError, UserError
from spacenit_data.convert.produced import Outcome

STAGING = ".unfinished-conversion"
"""The folder's name, beside the finished set."""

_LEDGER = "ledger.jsonl"
_MOVING = "moving"
_RUBBISH = ".finished-conversion"


@define(eq=False)
class Staging:
    """The folder and what is known of the work in it.

    Attributes:
        folder: where it lies.
        fingerprint: of the conversion; another one's unfinished work is not continued.
        outcomes: source -> what became of it.
        moving: whether all sources are done and samples may have been moved away.
    """

    folder: Path
    fingerprint: str
    outcomes: dict[int, Outcome] = Factory(dict)
    moving: bool = False
    _ledger: TextIO | None = field(default=None, init=False)

    def without_ledger(self) -> "Staging":
        """A small copy for other processes, which only need to know where samples go."""
        return Staging(self.folder, self.fingerprint)

    def part(self, source: int, number: int) -> Path:
        """The file of a source's sample until it has its own number."""
        return self.folder / f"part_{source}_{number}.h5"

    def is_done(self, source: int, state: str) -> bool:
        """Whether a source needs no further work: it did not fail, its samples are there, and so are its files as read.

        Args:
            source: its number.
            state: of its files now.
        """
        outcome = self.outcomes.get(source)
        if outcome is None or outcome.failure or outcome.state != state:
            return False
        return all(self.part(source, part.index).exists() for part in outcome.parts)

    def states(self, sources: int) -> list[str]:
        """The state of each source's files when they were read."""
        return [self.outcomes[number].state for number in range(sources)]

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folder, keep other processes out of it, and read the ledger.

        Raises:
            UserError: if another conversion is at work there, or left something else unfinished.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(f"another conversion is writing to {self.folder}", "wait for it, or stop it") from error
            path = self.folder / _LEDGER
            length = self._read(path) if path.exists() else 0
            with path.open("a", encoding="utf-8") as self._ledger:
                # A line that a crash cut short is the last one: it is taken back.
                self._ledger.truncate(length)
                if not length:
                    self._note({"fingerprint": self.fingerprint})
                yield

    def add(self, outcome: Outcome) -> None:
        """Note that a source is done."""
        self.outcomes[outcome.source] = outcome
        self._note(outcome.to_json())

    def begin_moving(self) -> None:
        """Note that all sources are done."""
        self.moving = True
        self._note({_MOVING: True})

    def remove(self) -> None:
        """Delete the folder with all that is in it."""
        # Renamed first: a folder without its ledger would look like the beginning of another conversion.
        rubbish = self.folder.with_name(_RUBBISH)
        shutil.rmtree(rubbish, ignore_errors=True)
        self.folder.rename(rubbish)
        shutil.rmtree(rubbish)

    def remove_leftovers(self) -> None:
        """Delete what a process left that was killed after it had finished the set of this conversion."""
        shutil.rmtree(self.folder.with_name(_RUBBISH), ignore_errors=True)
        path = self.folder / _LEDGER
        if path.exists():
            with path.open("rb") as file:
                if self.fingerprint.encode() in file.readline():
                    self.remove()

    def _note(self, entry: dict[str, Any]) -> None:
        if self._ledger is None:
            raise ValueError("the ledger is not open")
        self._ledger.write(json.dumps(entry) + "\n")
        self._ledger.flush()

    def _read(self, path: Path) -> int:
        """Read the ledger's whole lines and return how many bytes they are."""
        length = 0
        with path.open("rb") as file:
            lines = [line for line in file if line.endswith(b"\n")]
            if len(lines) == 1 and self.fingerprint.encode() not in lines[0]:
                # Another conversion began here and did nothing: its first source was refused.
                return 0
            for line in lines:
                try:
                    entry = json.loads(line)
                    self._take(entry, first=length == 0)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise DataError(f"{path} is damaged: {error}", "delete its folder and convert again") from error
                length += len(line)
        return length

    def _take(self, entry: dict[str, Any], *, first: bool) -> None:
        if first:
            if entry["fingerprint"] != self.fingerprint:
                raise UserError(
                    f"{self.folder} holds an unfinished conversion of other files, or with other settings",
                    "repeat the command that began it, or delete that folder, or choose another --out",
                )
        elif _MOVING in entry:
            self.moving = True
        else:
            outcome = Outcome.from_json(entry)
            self.outcomes[outcome.source] = outcome
