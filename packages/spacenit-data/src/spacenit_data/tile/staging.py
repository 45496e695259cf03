"""The folder in which a set lies until all its tiles have been read.

Which tiles become samples, and so their numbers and the set's name, is known at the end. Each is therefore written
under the number of its tile; when all are there, they get their own and the whole folder is renamed to the set's.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from attrs import Factory, define, field

from spacenit_core.checkpoint.files import sync_folder
from spacenit_data.h5.writer import H5SetWriter
from spacenit_data.ledger import Ledger
from spacenit_data.tile.facts import TileFacts, TilesFound

PREFIX = ".unfinished-tiling-"
"""How the folder's name begins, in the folder of `--out`; the fingerprint's beginning follows."""

_NUMBERED = "numbered"


@define(eq=False)
class Staging:
    """The folder and what is known of the tiles in it.

    Attributes:
        out: the folder that sets are made in.
        fingerprint: of the files and settings.
        found: what was found in the tiles that are done.
        numbered: whether all tiles are done and samples may have their own numbers.
    """

    out: Path
    fingerprint: str
    found: TilesFound = Factory(TilesFound)
    numbered: bool = False
    _ledger: Ledger = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._ledger = Ledger(self.folder, self.fingerprint, "tiling")

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.out / f"{PREFIX}{self.fingerprint[:16]}"

    @property
    def set_folder(self) -> Path:
        """What will be the set's folder."""
        return self.folder / "set"

    def part(self, tile: int) -> Path:
        """The file of a tile until it has a sample's number."""
        return self.set_folder / f"tile_{tile}.h5"

    def is_done(self, tile: int) -> bool:
        """Whether a tile has been read, and written if it is a sample."""
        if tile not in self.found.valid:
            return False
        return self.numbered or tile not in self.found.held or self.part(tile).exists()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """The folder, held by this process, with what its ledger says (see `Ledger.opened`, also for errors).

        Where it ends without any sample, the folder is removed.
        """
        is_new = not self.out.exists()
        with self._ledger.opened(self._take):
            self.set_folder.mkdir(exist_ok=True)
            try:
                yield
            finally:
                # While it is held: another process may be about to write its first sample.
                if self.set_folder.exists() and not any(self.set_folder.iterdir()):
                    self.remove()
                    if is_new:
                        with suppress(OSError):
                            self.out.rmdir()

    def add(self, tile: int, facts: TileFacts) -> None:
        """Note that a tile is done."""
        self.found.add(tile, facts)
        self._ledger.note({"tile": tile, **facts.as_json()})

    def number(self, tiles: Sequence[int], writer: H5SetWriter) -> None:
        """Give the samples their numbers.

        Args:
            tiles: those that are samples, in order.
            writer: of the set, at work in this folder.
        """
        if not self.numbered:
            self.numbered = True
            self._ledger.note({_NUMBERED: True})
        for index, tile in enumerate(tiles):
            if self.part(tile).exists():
                writer.adopt(index, self.part(tile))

    def publish(self, folder: Path) -> None:
        """Make the folder the set's, at once, and remove what is left."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.rename(self.set_folder, folder)
        sync_folder(folder.parent)
        self.remove()

    def remove(self) -> None:
        """Delete the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def others(self) -> list[Path]:
        """Unfinished work of other files or with other settings, in the same place."""
        return sorted(path for path in self.out.glob(f"{PREFIX}*") if path != self.folder)

    def _take(self, entry: dict[str, Any]) -> None:
        if _NUMBERED in entry:
            self.numbered = True
        else:
            self.found.add(entry["tile"], TileFacts.of_json(entry))
