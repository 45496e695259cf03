"""Finding checkpoints: computed from what is there and verifies, never from a pointer that could lie."""

from collections.abc import Callable
from pathlib import Path

from spacenit_core.checkpoint.manifest import MANIFEST, STEP, verify
from spacenit_core.errors import DataError, UserError, no_folder

LOCK = ".lock"
"""The file by which a process holds a run's folder."""


def checkpoints(folder: Path) -> list[Path]:
    """The folders that are named like checkpoints, newest first, verified or not; runs of such names are none."""
    found = _named(folder)
    return [path for _, path in sorted(found, reverse=True) if not is_run_folder(path)]


def run_folders(folder: Path) -> list[Path]:
    """The runs in a folder that are named like checkpoints."""
    return [path for _, path in sorted(_named(folder)) if is_run_folder(path)]


def is_run_folder(path: Path) -> bool:
    """Whether a folder that is named like a checkpoint is a run: it has checkpoints in it, or a lock."""
    return not (path / MANIFEST).exists() and ((path / LOCK).exists() or bool(_named(path)))


def _named(folder: Path) -> list[tuple[int, Path]]:
    inner = folder.iterdir() if folder.is_dir() else ()
    return [(int(match[1]), path) for path in inner if (match := STEP.fullmatch(path.name)) and path.is_dir()]


def check_run(folder: Path) -> None:
    """Refuse a folder that is neither a run's nor a checkpoint; reads names alone.

    Raises:
        UserError: with what is missing there.
    """
    if not folder.is_dir():
        raise no_folder(folder, "give the folder of a run, as `spacenit-run train` printed it")
    if not (folder / MANIFEST).exists() and not checkpoints(folder):
        hint = "train the run, or give another folder"
        raise UserError(f"{folder} has no usable checkpoint: it has no step<N> folder", hint)


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
