"""Blocks of ground, whose samples count as one group."""

import re
from collections.abc import Hashable, Iterable

import numpy as np

METRES_PER_DEGREE = 111_320.0
_POINT = re.compile(r"POINT ?\(([-+.\deE]+) ([-+.\deE]+)\)")


def point_of(text: object) -> tuple[float, float] | None:
    """Longitude and latitude of a well-known text, "POINT (7.1 50.2)"; None for anything else."""
    found = _POINT.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else (float(found[1]), float(found[2]))


def block_of(lon: float, lat: float, metres: float) -> tuple[int, int]:
    """The row and column of the block that a place lies in; columns are narrower in degrees towards the equator.

    Args:
        lon: degrees.
        lat: degrees.
        metres: along one side of a block.
    """
    row = int(lat * METRES_PER_DEGREE // metres)
    middle = np.radians((row + 0.5) * metres / METRES_PER_DEGREE)
    column = int(lon * METRES_PER_DEGREE * max(float(np.cos(middle)), 1e-6) // metres)
    return row, column


def numbered(keys: Iterable[Hashable]) -> np.ndarray:
    """Numbers from 0 for keys in the order of their first occurrence, int ``[n]``."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
