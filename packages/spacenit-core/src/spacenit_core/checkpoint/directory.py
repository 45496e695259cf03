"""Publishing and removing checkpoints, so that a kill at any moment leaves whole ones only."""

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import evolve

from spacenit_core.checkpoint.discovery import is_run_folder
from spacenit_core.checkpoint.files import replace_file, sync_folder, write_synced
from spacenit_core.checkpoint.manifest import MANIFEST, FileRecord, Manifest, verify
from spacenit_core.errors import DataError

Content = bytes | Callable[[], bytes]
"""A file's content, or what makes it when its turn comes (one file is in memory at a time)."""

_LEFTOVER = re.compile(r"\..+\.(tmp|gone)-[0-9a-f]{8,}")


def write(
    folder: Path,
    step: int,
    files: Mapping[str, Content],
    *,
    ephemeral: bool = False,
    config_sha256: str = "",
    versions: Mapping[str, str] | None = None,
) -> Path:
    """Publish the checkpoint `folder/step<step>`.

    A checkpoint of that step that verifies is kept: it holds the same state (an ephemeral one becomes permanent where
    the new one is). One that does not verify is replaced.

    Args:
        folder: the run's folder; made where it is absent.
        step: updates done.
        files: name -> content.
        ephemeral: whether the next checkpoint may replace this one.
        config_sha256: hash of the configuration.
        versions: distribution -> version.

    Returns:
        The checkpoint's folder.

    Raises:
        DataError: where the disk refuses (full, read-only ...), or a run lies there. What was there is as before.
    """
    target = folder / f"step{step}"
    temporary = folder / f".step{step}.tmp-{secrets.token_hex(8)}"
    try:
        if target.is_dir() and is_run_folder(target):
            raise DataError(
                f"the checkpoint of step {step} cannot be written to {target}: that is the folder of a run",
                "move that run, or train this one in another folder{run_folder}",
                things=("run_folder",),
            )
        if present := _whole(target):
            if present.ephemeral and not ephemeral:
                replace_file(target / MANIFEST, evolve(present, ephemeral=False).to_bytes())
            return target
        temporary.mkdir(parents=True)
        records = {name: _write(temporary / name, content) for name, content in files.items()}
        manifest = Manifest(
            step=step, files=records, ephemeral=ephemeral, config_sha256=config_sha256, versions=dict(versions or {})
        )
        write_synced(temporary / MANIFEST, manifest.to_bytes())
        sync_folder(temporary)
        remove(target)
        os.rename(temporary, target)
        sync_folder(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise DataError(
            f"the checkpoint of step {step} cannot be written to {folder}: {error.strerror or error}",
            "free space or repair the disk, then give the same command again: earlier checkpoints are as they were",
        ) from error
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return target


def _write(path: Path, content: Content) -> FileRecord:
    data = content if isinstance(content, bytes) else content()
    write_synced(path, data)
    return FileRecord(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _whole(path: Path) -> Manifest | None:
    try:
        return verify(path)
    except (DataError, OSError):
        return None


def remove(path: Path) -> None:
    """Remove a checkpoint: first from sight, then from the disk. Absent ones are no error."""
    hidden = path.with_name(f".{path.name}.gone-{secrets.token_hex(8)}")
    try:
        os.rename(path, hidden)
    except FileNotFoundError:
        return
    shutil.rmtree(hidden, ignore_errors=True)


def clean(folder: Path) -> list[Path]:
    """Remove what killed writers left behind; call it where nobody else writes into the folder."""
    leftovers = [path for path in folder.iterdir() if _LEFTOVER.fullmatch(path.name)] if folder.is_dir() else []
    for path in leftovers:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return leftovers
