"""Finding checkpoints: computed from what is there and verifies, never from a pointer that could lie."""

import re
from collections.abc import Callable
from pathlib import Path

from spacenit_core.checkpoint.manifest import verify
from spacenit_core.errors import DataError

_STEP = re.compile(r"step(\d+)")


def checkpoints(folder: Path) -> list[Path]:
    """The folders that are named like checkpoints, newest first, verified or not."""
    if not folder.is_dir():
        return []
    found = [
        (int(match[1]), path) for path in folder.iterdir() if (match := _STEP.fullmatch(path.name)) and path.is_dir()
    ]
    return [path for _, path in sorted(found, reverse=True)]


def latest(folder: Path, *, report: Callable[[str], None] | None = None) -> Path | None:
    """The newest checkpoint that verifies, or None.

    Args:
        folder: a run's folder.
        report: told about every newer one that was passed over, and why.
    """
    for path in checkpoints(folder):
        try:
            verify(path)
        except (DataError, OSError) as error:
            if report is not None:
                report(f"checkpoint {path.name} is passed over: {error}")
            continue
        return path
    return None
