"""Local copies of the files of a set on slow storage."""

import hashlib
import os
import shutil
import uuid
from pathlib import Path


def cached(path: Path, cache_dir: Path) -> Path:
    """The local copy of a file, made on its first use; processes may make it at the same time.

    Args:
        path: a file of a set.
        cache_dir: folder of all copies, of any number of sets.
    """
    set_name = hashlib.blake2b(os.fsencode(path.parent.absolute()), digest_size=8).hexdigest()
    copy = cache_dir / set_name / path.name
    if copy.exists():
        return copy
    copy.parent.mkdir(parents=True, exist_ok=True)
    partial = copy.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        shutil.copyfile(path, partial)
        partial.replace(copy)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return copy
