"""Small steps towards the disk that hold after a crash."""

import os
import secrets
from pathlib import Path


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and force it to disk.

    Raises:
        OSError: where the file exists or the disk refuses; nothing is swallowed.
    """
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk (creations and renames)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file such that a reader, at any moment and after any crash, sees all of it or what was there before.

    That the file has its name is forced to disk by `sync_folder`: once for many files, or by `replace_file`.
    """
    temporary = path.with_name(f".{path.name}.tmp-{secrets.token_hex(4)}")
    try:
        write_synced(temporary, data)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace_file(path: Path, data: bytes) -> None:
    """Write one file atomically, and its name as well."""
    write_atomically(path, data)
    sync_folder(path.parent)
