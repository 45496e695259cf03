"""The content of sample files, with a checksum on every byte, and where they may be written."""

import io
import os
from pathlib import Path

import h5py
import numpy as np

from spacenit_core.errors import UserError
from spacenit_data.h5.compression import Compression
from spacenit_data.h5.layout import chunk_shape
from spacenit_data.h5.sample import SampleArrays

MASKS = "missing_timesteps_masks"
"""The group that holds one bool ``[T]`` per series."""

RESERVED = ("latlon", "timestamps", MASKS)
"""Members of a file that are no sensors."""

# Newer object headers and indices carry checksums; the older ones let flipped bits of names, types and sizes through.
LIBVER = ("v110", "v110")


def check_folder(path: Path) -> None:
    """Refuse a folder that nothing can be written to, before any work.

    Raises:
        UserError: naming what is in the way.
    """
    nearest = next(place for place in (path, *path.parents) if os.path.exists(place))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        why = "must not be written to" if nearest.is_dir() else "is not a folder"
        raise UserError(f"{path} cannot be written: {nearest} {why}", "choose another folder{out}", things=("out",))


def sample_bytes(sample: SampleArrays, tile_size: int, compression: Compression) -> bytes:
    """A sample as the bytes of an H5 file; equal samples give equal bytes."""
    buffer = io.BytesIO()
    filters = compression.filters()
    with h5py.File(buffer, "w", libver=LIBVER) as file:
        if sample.location is not None:
            place = sample.location
            # A fixed-length string: those of variable length lie in a heap without checksums, where one flipped bit
            # can send the HDF5 library into an endless loop.
            crs = np.bytes_(place.crs.encode())
            file.attrs.update({"crs": crs, "left": place.left, "top": place.top, "gsd": place.gsd})
        _small(file, "latlon", np.asarray(sample.latlon, np.float32))
        _small(file, "timestamps", np.asarray(sample.timestamps, np.int32))
        for name, values in sorted(sample.bands.items()):
            chunks = chunk_shape(values.shape, tile_size)
            file.create_dataset(name, data=values, chunks=chunks, fletcher32=True, **filters)
        masks = file.create_group(MASKS)
        for name, mask in sorted(sample.present.items()):
            _small(masks, name, mask)
    return buffer.getvalue()


def _small(group: h5py.Group, name: str, values: np.ndarray) -> None:
    group.create_dataset(name, data=values, chunks=values.shape, fletcher32=True)
