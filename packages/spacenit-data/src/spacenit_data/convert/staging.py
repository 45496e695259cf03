"""The folder in which a conversion lies until it is complete, and what its ledger says.

How many samples there will be, and so their numbers, is known at the end: a source may be left out once its images have
been read. Samples are therefore written under the number of their source, and moved to their own when all are there.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, define, field

from spacenit_data.convert.produced import Outcome
from spacenit_data.ledger import Ledger

STAGING = ".unfinished-conversion"
"""The folder's name, beside the finished set."""

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
    _ledger: Ledger = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._ledger = Ledger(self.folder, self.fingerprint, "conversion")

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
        """The folder, held by this process, with what its ledger says (see `Ledger.opened`, also for errors)."""
        with self._ledger.opened(self._take):
            yield

    def add(self, outcome: Outcome) -> None:
        """Note that a source is done."""
        self.outcomes[outcome.source] = outcome
        self._ledger.note(outcome.to_json())

    def begin_moving(self) -> None:
        """Note that all sources are done."""
        self.moving = True
        self._ledger.note({_MOVING: True})

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
        if self._ledger.is_of_this_work():
            self.remove()

    def _take(self, entry: dict[str, Any]) -> None:
        if _MOVING in entry:
            self.moving = True
        else:
            outcome = Outcome.from_json(entry)
            self.outcomes[outcome.source] = outcome
