"""What tells two sets of samples apart without reading them: their places and the sizes of their files."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from spacenit_data.datasets.index import SampleIndex

SIZES = "sizes of samples "
"""How marks begin that differ as well where the same samples are stored otherwise."""

RANGES = 16
MOST_FILES = 4096
"""Files, spread over the set, whose sizes are asked for: network storage answers slowly."""


def marks_of(index: SampleIndex, folder: Path) -> dict[str, str]:
    """Marks of the samples in use, as short texts by name; moving or copying a set changes none of them.

    Args:
        index: the samples in use.
        folder: where their files lie.
    """
    held = [np.packbits(has).tobytes() for _, has in sorted(index.listed.items())]
    marks = {"places and sensors of samples": _digest(index.latlon.astype("<f4").tobytes(), *held)}
    places = np.unique(np.linspace(0, len(index.numbers) - 1, min(len(index.numbers), MOST_FILES)).astype(int))
    files = [folder / f"sample_{number}.h5" for number in index.numbers[places]]
    with ThreadPoolExecutor(RANGES) as pool:
        sizes = np.array(list(pool.map(_size, files)), "<i8")
    for part in np.array_split(np.arange(len(places)), RANGES):
        if len(part):
            name = f"{SIZES}{index.numbers[places[part[0]]]} to {index.numbers[places[part[-1]]]}"
            marks[name] = _digest(sizes[part].tobytes())
    return marks


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]
