"""Tiny sets in the layout of GEO-Bench v2: the publisher's containers, index and nested rows included."""

import io
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow
import pyarrow.parquet
import rasterio
from attrs import field, frozen

HEAD = 200
"""Bytes before the first file, as in the publisher's."""


@frozen
class Stored:
    """One file of a container.

    Attributes:
        name: its name in the index.
        content: its bytes; or its bands ``[C, H, W]``, which become a GeoTIFF; or the files of a container within.
        split: train, validation or test.
        facts: other columns of the index.
        format: as the index says.
    """

    name: str
    content: "bytes | np.ndarray | Sequence[Stored]"
    split: str = "train"
    facts: Mapping[str, Any] = field(factory=dict)
    format: str = ""


def geotiff(bands: np.ndarray) -> bytes:
    """Bands ``[C, H, W]`` as the bytes of a GeoTIFF."""
    profile = {"driver": "GTiff", "count": len(bands), "height": bands.shape[1], "width": bands.shape[2]}
    grid = rasterio.Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 5_000_000.0)
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile, dtype=bands.dtype, crs="EPSG:32633", transform=grid) as file:
            file.write(bands)
        return bytes(memory.read())


def hdf5(array: np.ndarray) -> bytes:
    """An array `data` as the bytes of an HDF5 file."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["data"] = array
    return content.getvalue()


def container(files: Sequence[Stored], mark: bytes = b"#y") -> bytes:
    """The bytes of a container: offsets count from its own first byte."""
    parts, rows, offset = [], [], HEAD
    for file in files:
        content, kind = _encoded(file)
        parts.append(content)
        rows.append(
            {
                "tortilla:id": file.name,
                "tortilla:file_format": file.format or kind,
                "tortilla:data_split": file.split,
                "tortilla:offset": offset,
                "tortilla:length": len(content),
                **file.facts,
            }
        )
        offset += len(content)
    index = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), index)
    head = struct.pack("<2sQQQ", mark, offset, len(index.getvalue()), 1).ljust(HEAD, b"\0")
    return b"".join([head, *parts, index.getvalue()])


def _encoded(file: Stored) -> tuple[bytes, str]:
    if isinstance(file.content, np.ndarray):
        return geotiff(file.content), "GTiff"
    if isinstance(file.content, bytes):
        return file.content, "HDF5"
    return container(file.content), "TORTILLA"


def seconds(day: str) -> float:
    """A day as the index states times."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def levels(bands: int, size: int, dtype: Any, number: int = 0, step: float = 10.0) -> np.ndarray:
    """Bands whose every pixel is ``step * (channel + 1) + number``."""
    values = step * np.arange(1, bands + 1) + number
    return np.broadcast_to(values[:, None, None], (bands, size, size)).astype(dtype)


def classes(size: int, count: int, number: int, dtype: Any = np.uint8) -> np.ndarray:
    """A map ``[1, H, W]`` of all classes in turn."""
    return ((np.arange(size * size) + number) % count).reshape(1, size, size).astype(dtype)


SPLITS = ("train", "train", "train", "validation", "test", "test")


def write_parts(folder: Path, slug: str, samples: Sequence[Stored], parts: int = 1) -> Path:
    """The containers of a set, in a folder of its name; the folder."""
    place = folder / slug
    place.mkdir(parents=True)
    for part in range(parts):
        name = f"geobench_{slug}.tortilla" if parts == 1 else f"geobench_{slug}.{part:04}.part.tortilla"
        (place / name).write_bytes(container(samples[part::parts]))
    return place
