"""Opening sample files, also those that this process has open already."""

import os
from pathlib import Path

from h5py import h5f, h5p

BEING_WRITTEN = "already open for write"
"""What HDF5 says of a file that another process writes to, or whose writer was killed."""

WAIT_FOR_WRITER = "wait for the program that writes to it; where there is none, `h5clear -s FILE` says so to HDF5"


def _access(locking: tuple[bool, bool] | None, close: int | None) -> h5p.PropFAID:
    access = h5p.create(h5p.FILE_ACCESS)
    if locking is not None:
        access.set_file_locking(*locking)
    if close is not None:
        access.set_fclose_degree(close)
    # A window takes each of its chunks once: a cache of chunks would only be allocated and thrown away.
    access.set_cache(0, 1, 0, 0.75)
    return access


# Sets are read-only and often on network or read-only storage, where locks fail.
_USUAL = _access((False, True), h5f.CLOSE_STRONG)

# HDF5 opens a file twice in one process only if it is asked for in the same way: as h5py asks, in all of its ways.
_AS_OPEN = [_access(locking, None) for locking in (None, (True, True), (False, True), (True, False))]


def open_for_reading(path: Path | str) -> h5f.FileID:
    """Open an HDF5 file to read from it.

    Raises:
        OSError: or what else HDF5 raises, if it cannot be opened.
    """
    name = os.fsencode(path)
    try:
        return h5f.open(name, h5f.ACC_RDONLY, fapl=_USUAL)
    except OSError as error:
        if "match" not in str(error):
            raise
        usual = error
    for access in _AS_OPEN:
        try:
            return h5f.open(name, h5f.ACC_RDONLY, fapl=access)
        except OSError:
            continue
    raise usual
