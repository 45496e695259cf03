"""Local copies of the files of a set on slow storage."""

import hashlib
import os
import shutil
import uuid
from pathlib import Path

_SAME_TIME_S = 2.0
"""File systems keep times to two seconds or better."""


def cached(path: Path, cache_dir: Path) -> Path:
    """The local copy of a file, made on its first use; processes may make it at the same time.

    A copy whose size or time is not the file's is made anew: the set was mended or written again. Where the file is out
    of reach, its copy serves.

    Args:
        path: a file of a set.
        cache_dir: folder of all copies, of any number of sets.
    """
    set_name = hashlib.blake2b(os.fsencode(path.parent.absolute()), digest_size=8).hexdigest()
    copy = cache_dir / set_name / path.name
    if _is_copy(copy, path):
        return copy
    copy.parent.mkdir(parents=True, exist_ok=True)
    partial = copy.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        before = path.stat()
        shutil.copyfile(path, partial)
        os.utime(partial, ns=(before.st_atime_ns, before.st_mtime_ns))
        partial.replace(copy)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return copy


def _is_copy(copy: Path, path: Path) -> bool:
    try:
        there = copy.stat()
    except FileNotFoundError:
        return False
    try:
        wanted = path.stat()
    except OSError:
        return True
    return there.st_size == wanted.st_size and abs(there.st_mtime - wanted.st_mtime) <= _SAME_TIME_S
