"""What tells one data set of tiles from another."""

import hashlib
from typing import Protocol, cast

import numpy as np

from spacenit_core.errors import DataError
from spacenit_core.kinds.datasets import TileDataset
from spacenit_core.kinds.loaders import UNREADABLE
from spacenit_core.sensors.selection import SensorSet

WHOLE_SAMPLES = 16
"""Samples that are compared pixel by pixel; they are read when a run begins and when it goes on."""


class Marked(Protocol):
    """A data set that knows its samples apart from others without reading them."""

    def marks(self) -> dict[str, str]:
        """Short texts by name, equal for equal samples wherever they lie."""
        ...


def fingerprint(dataset: TileDataset, sensors: SensorSet) -> dict[str, str]:
    """What tells two data sets apart, wherever they lie and however they are stored.

    Some samples are compared whole, all of a small set; of all others the place, the sensors and a few bytes.

    Returns:
        JSON texts by name.
    """
    count = len(dataset)
    marks = {"samples": str(count)}
    # Asked of the object: from Python 3.12 on isinstance sees nothing of a data set that is held to its contract.
    marks |= cast(Marked, dataset).marks() if hasattr(dataset, "marks") else {}
    for index in sorted({0, count // 2, count - 1}):
        marks[f"sample {index}"] = _window_digest(dataset, index, cells=1, steps=1)
    for index in np.unique(np.linspace(0, count - 1, min(count, WHOLE_SAMPLES)).astype(int)).tolist():
        marks[f"whole sample {index}"] = _window_digest(dataset, index, cells=dataset.tile_size or 1, steps=None)
    for spec in sensors:
        meaning = (spec.band_groups, spec.temporal, spec.spatial, spec.grid_gsd, spec.pixels_per_cell)
        marks[f"sensor {spec.name}"] = _digest(repr((*meaning, spec.normalization, spec.derived)).encode())
    return marks


def _window_digest(dataset: TileDataset, index: int, *, cells: int, steps: int | None) -> str:
    try:
        tile = dataset.read_window(index, row=0, column=0, cells=cells, start=0, steps=steps)
    except DataError:
        return UNREADABLE
    parts = [tile.timestamps.astype("int64").tobytes(), tile.latlon.astype("float32").tobytes()]
    for name in sorted(tile.bands):
        parts += [name.encode(), tile.bands[name].astype("float64").tobytes()]
    return _digest(b"".join(parts))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
