"""What tells two sets of samples apart without reading them whole: their places, and some bytes of their files."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from spacenit_core.kinds.loaders import AS_STORED
from spacenit_data.datasets.index import SampleIndex

FILES = f"{AS_STORED}samples "
"""How marks of files begin."""

RANGES = 16
MOST_FILES = 4096
"""Files, spread over the set, that are looked at: network storage answers slowly."""

PIECES = 4
PIECE = 512
"""Bytes in a row. Compressed samples differ in nearly all of their bytes, whatever differs in their pixels."""


def marks_of(index: SampleIndex, folder: Path) -> dict[str, str]:
    """Marks of the samples in use, as short texts by name; moving or copying a set changes none of them.

    Args:
        index: the samples in use.
        folder: where their files lie.
    """
    held = [np.packbits(has).tobytes() for _, has in sorted(index.listed.items())]
    marks = {"places and sensors of samples": _digest(index.latlon.astype("<f4").tobytes(), *held)}
    chosen = np.unique(np.linspace(0, len(index.numbers) - 1, min(len(index.numbers), MOST_FILES)).astype(int))
    files = [folder / f"sample_{number}.h5" for number in index.numbers[chosen]]
    with ThreadPoolExecutor(RANGES) as pool:
        states = list(pool.map(_look_at, files))
    for part in np.array_split(np.arange(len(chosen)), RANGES):
        if len(part):
            name = f"{FILES}{index.numbers[chosen[part[0]]]} to {index.numbers[chosen[part[-1]]]}"
            marks[name] = _digest(*(states[i] for i in part))
    return marks


def _look_at(path: Path) -> bytes:
    """A file's size, and pieces of it."""
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            middles = (size * (2 * piece + 1) // (2 * PIECES) for piece in range(PIECES))
            return b"".join([str(size).encode(), *(os.pread(file.fileno(), PIECE, middle) for middle in middles)])
    except OSError:
        return b""


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]
