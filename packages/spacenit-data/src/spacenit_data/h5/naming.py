"""The name of a set's folder: a rule for the writer; readers learn from ``sample_metadata.csv``, not from names."""

from collections.abc import Sequence
from pathlib import Path

from spacenit_data.h5.compression import Compression

PREFIX = "h5py_data_w_missing_timesteps"


def sensors_name(sensor_names: Sequence[str], required: Sequence[str] = ()) -> str:
    """The folder level that lists the sensors: sorted, joined by ``_``, then ``_required_`` and the required ones."""
    listed = "_".join(sorted(sensor_names))
    return f"{listed}_required_{'_'.join(sorted(required))}" if required else listed


def set_folder(
    root: Path,
    sensor_names: Sequence[str],
    *,
    count: int,
    tile_size: int,
    subtiles: int,
    compression: Compression,
    required: Sequence[str] = (),
) -> Path:
    """Where a set of samples lies below `root`.

    Args:
        root: the folder of the raw tiles, or any other.
        sensor_names: the sensors of the set.
        count: number of samples.
        tile_size: cells along one side of a sample.
        subtiles: samples that one raw tile is cut into.
        compression: the codec; ``_shuffle`` is part of the name only where byte shuffling is on.
        required: the sensors that every sample has.
    """
    settings = "".join(f"_{part}" for part in compression.name_parts)
    return root / f"{PREFIX}{settings}_{tile_size}_x_{subtiles}" / sensors_name(sensor_names, required) / str(count)
