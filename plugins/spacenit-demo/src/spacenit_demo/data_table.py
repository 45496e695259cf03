"""What a set holds, as a table."""

from pathlib import Path

import numpy as np

from spacenit_core.sensors.selection import SensorSet
from spacenit_core.text import columns
from spacenit_data.datasets.h5_tiles import H5Tiles


def data_table(h5py_dir: Path, sensors: SensorSet) -> str:
    """Per sensor: samples that have it, images, the share of months that are missing, and where most values lie.

    Args:
        h5py_dir: the set.
        sensors: the sensors to list.
    """
    dataset = H5Tiles(h5py_dir=h5py_dir, training_modalities=sensors)
    rows = []
    tiles = [dataset.read_window(index, cells=4) for index in range(len(dataset))]
    for spec in sensors:
        having = [tile for tile in tiles if spec.name in tile.bands]
        images = sum(int(tile.present[spec.name].sum()) for tile in having)
        months = sum(len(tile.present[spec.name]) for tile in having)
        missing = f"{1 - images / months:.1%}" if spec.temporal and months else ""
        values = np.concatenate([tile.bands[spec.name].ravel() for tile in having]) if having else np.zeros(1)
        low, high = np.percentile(values, (5, 95))
        most = f"{low:,.0f} to {high:,.0f} {spec.units}"
        rows.append((spec.name, f"{len(having)} of {len(tiles)}", str(images), missing, most))
    return columns(rows, ("sensor", "samples", "images", "months missing", "most values"))
