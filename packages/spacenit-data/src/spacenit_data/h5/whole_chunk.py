"""Reading the first rows of an array that is one zstd chunk, without decoding the rest.

OlmoEarth's files hold each sensor as one chunk, which HDF5 reads and decodes whole for any window. A zstd frame decodes
from its beginning, and rows are the slowest axis: a window needs the rows down to its last one only.
"""

import math
import os
import threading
from typing import IO, cast

import numpy as np
import zstandard
from h5py import h5d, h5i

_ZSTD = 32015
_STRIDE = 1 << 18


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


class _ChunkBytes:
    """A stretch of an open file, for a decoder that stops early."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        self._descriptor, self._place, self._stop = descriptor, start, start + size

    def read(self, size: int) -> bytes:
        part = os.pread(self._descriptor, min(size, self._stop - self._place), self._place)
        self._place += len(part)
        return part


def read_first_rows(dataset: h5d.DatasetID, shape: tuple[int, ...], dtype: np.dtype, rows: int) -> np.ndarray | None:
    """The rows [0, rows) of an array, as a view that the next call overwrites.

    Returns:
        None where the array is not one chunk whose only filter is zstd (checksums are HDF5's to verify), or the system
        cannot read a file at a place.

    Raises:
        ValueError: if the chunk does not hold that many rows.
    """
    if not hasattr(os, "pread"):
        return None
    plist = dataset.get_create_plist()
    if plist.get_nfilters() != 1 or plist.get_filter(0)[0] != _ZSTD or plist.get_chunk() != shape:
        return None
    chunk = dataset.get_chunk_info_by_coord((0,) * len(shape))
    if chunk.filter_mask or chunk.byte_offset is None:
        return None
    descriptor = h5i.get_file_id(dataset).get_vfd_handle()
    source = cast(IO[bytes], _ChunkBytes(descriptor, chunk.byte_offset, chunk.size))
    room = _SCRATCH.room(rows * math.prod(shape[1:]) * dtype.itemsize)
    try:
        with _SCRATCH.decoder.stream_reader(source, read_size=min(_STRIDE, chunk.size)) as frame:
            got = frame.readinto(room)
    except zstandard.ZstdError as error:
        raise ValueError(f"zstd: {error}") from error
    if got != len(room):
        raise ValueError(f"its chunk holds {got} bytes, but {rows} rows are {len(room)}")
    return np.frombuffer(room, dtype).reshape(rows, *shape[1:])
