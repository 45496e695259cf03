"""Arrays of maps that need not fit in memory."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from spacenit_core.kinds.benchmarks import Labels

IN_MEMORY = 64 * 2**20
"""Bytes up to which maps stay in memory."""

_CHUNK = 16 * 2**20


def new_maps(shape: tuple[int, ...], dtype: np.dtype[Any] | type, fill: float) -> np.ndarray:
    """An array to be filled; large ones lie in a file without a name, which is gone when nobody uses it.

    Args:
        shape: its shape.
        dtype: its type.
        fill: what all of it is at first.
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size <= IN_MEMORY:
        return np.full(shape, fill, dtype)
    with tempfile.TemporaryFile(prefix="spacenit-maps-") as file:
        file.truncate(size)
        maps = np.memmap(file, dtype, "r+", shape=shape)
    for part in maps.reshape(shape[0] * shape[1], -1):
        part[:] = fill
    return maps


def label_type(classes: int) -> np.dtype[Any]:
    """The smallest type that holds classes from 0 and -1."""
    return np.dtype(np.int8 if classes <= 128 else np.int16 if classes <= 2**15 else np.int32)


def write_maps(path: Path, maps: Labels) -> None:
    """Write ``[..., H, W]`` by parts into a file that appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp-{secrets.token_hex(4)}")
    try:
        file = np.lib.format.open_memmap(temporary, "w+", maps.dtype, maps.shape)
        rows = max(_CHUNK // max(int(np.prod(maps.shape[-2:])) * maps.dtype.itemsize, 1), 1)
        if len(maps.shape) == 4:
            for place in range(maps.shape[0]):
                _copy(maps[place], file[place], rows)  # type: ignore[index]
        else:
            _copy(maps, file, rows)
        file.flush()
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _copy(maps: Labels, file: np.ndarray, rows: int) -> None:
    for start in range(0, len(maps), rows):
        numbers = np.arange(start, min(start + rows, len(maps)))
        file[start : start + rows] = maps[numbers]


def open_maps(path: Path) -> np.ndarray:
    """What :func:`write_maps` wrote, left on the disk.

    Raises:
        ValueError: where it is damaged.
        OSError: where it cannot be read.
    """
    maps: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return maps
