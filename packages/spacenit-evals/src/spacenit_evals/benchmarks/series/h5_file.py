"""HDF5 files of others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from spacenit_core.errors import DataError


@contextmanager
def opened_h5(path: Path) -> Iterator[h5py.File]:
    """A file, open for reading.

    Raises:
        DataError: where it cannot be opened, or what is read while it is open is absent or damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again from its publisher") from error
