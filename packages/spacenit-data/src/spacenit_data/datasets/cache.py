"""Local copies of the files of a set on slow storage."""

import glob
import hashlib
import os
import shutil
import uuid
from pathlib import Path

from spacenit_data.file_state import ABSENT, state_of


def cached(path: Path, cache_dir: Path) -> Path:
    """The local copy of a file, made on its first use; processes may make it at the same time.

    A copy bears the size and times of the file in its name. A file that was mended or written again, in
    however short a time, is copied anew. Where the file is out of reach, its copy serves; without
    one it is given back itself, and opening it says why.

    Args:
        path: a file of a set.
        cache_dir: folder of all copies, of any number of sets.
    """
    set_name = hashlib.blake2b(os.fsencode(path.parent.absolute()), digest_size=8).hexdigest()
    # Some thousand names to a folder at most, since those of one file are looked for.
    shard = hashlib.blake2b(os.fsencode(path.name), digest_size=1).hexdigest()
    folder = cache_dir / set_name / shard
    state = state_of(path)
    if state == ABSENT:
        return max(_copies(folder, path), key=os.path.getmtime, default=path)
    copy = folder / f"{path.stem}.{state}{path.suffix}"
    if not copy.exists():
        _copy(path, copy)
        for old in _copies(folder, path):
            if old != copy:
                old.unlink(missing_ok=True)
        if state_of(path) != state:  # written while it was copied
            return cached(path, cache_dir)
    return copy


def _copies(folder: Path, path: Path) -> list[Path]:
    return list(folder.glob(f"{glob.escape(path.stem)}.*{glob.escape(path.suffix)}"))


def _copy(path: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    partial = copy.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        shutil.copyfile(path, partial)
        partial.replace(copy)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
