"""Finding sets of samples below a folder that somebody named, without walking a whole disk."""

import os
from collections import deque
from pathlib import Path

from spacenit_data.h5.metadata import METADATA_CSV

DEPTH = 5
"""Folders are looked into so far below the named one; a set lies three below the folder that it was made in."""

ENTRIES = 20_000
"""Names that are read before the search ends."""


def sets_below(folder: Path) -> list[Path]:
    """The folders with samples below a folder, nearest first: all that the first 20,000 names lead to."""
    found, waiting, seen = [], deque([(folder, 0)]), 0
    while waiting and seen < ENTRIES:
        place, depth = waiting.popleft()
        if os.path.isfile(place / METADATA_CSV):
            found.append(place)
            continue
        for entry in _entries(place) if depth < DEPTH else []:
            seen += 1
            if seen >= ENTRIES:
                break
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                waiting.append((Path(entry.path), depth + 1))
    return sorted(found, key=lambda path: (len(path.parts), path))


def _entries(folder: Path) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as entries:
            return [entry for _, entry in zip(range(ENTRIES), entries, strict=False)]
    except OSError:
        # What may not be read, or went away meanwhile, holds nothing for us.
        return []
