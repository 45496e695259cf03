"""Reading the first rows of an array that is one zstd chunk, without decoding the rest.

OlmoEarth's files hold each sensor as one chunk, which HDF5 decodes whole for any window. A zstd frame decodes from its
beginning, and rows are the slowest axis: a window needs the rows down to its last one only.
"""

import math
import threading

import numpy as np
import zstandard
from h5py import h5d

_ZSTD = 32015


class _Scratch(threading.local):
    def __init__(self) -> None:
        self.decoder = zstandard.ZstdDecompressor()
        self.buffer = bytearray()

    def room(self, size: int) -> memoryview:
        # Reused, because fresh pages for megabytes per sensor cost as much as a tenth of the decoding.
        if len(self.buffer) < size:
            self.buffer = bytearray(size)
        return memoryview(self.buffer)[:size]


_SCRATCH = _Scratch()


def read_first_rows(dataset: h5d.DatasetID, shape: tuple[int, ...], dtype: np.dtype, rows: int) -> np.ndarray | None:
    """The rows [0, rows) of an array, as a view that the next call overwrites.

    Returns:
        None where the array is not one chunk whose only filter is zstd (checksums are HDF5's to verify).

    Raises:
        ValueError: if the chunk does not hold that many rows.
    """
    plist = dataset.get_create_plist()
    if plist.get_nfilters() != 1 or plist.get_filter(0)[0] != _ZSTD or plist.get_chunk() != shape:
        return None
    skipped, chunk = dataset.read_direct_chunk((0,) * len(shape))
    if skipped:
        return None
    room = _SCRATCH.room(rows * math.prod(shape[1:]) * dtype.itemsize)
    try:
        with _SCRATCH.decoder.stream_reader(chunk, read_size=len(chunk)) as frame:
            got = frame.readinto(room)
    except zstandard.ZstdError as error:
        raise ValueError(f"zstd: {error}") from error
    if got != len(room):
        raise ValueError(f"its chunk holds {got} bytes, but {rows} rows are {len(room)}")
    return np.frombuffer(room, dtype).reshape(rows, *shape[1:])
