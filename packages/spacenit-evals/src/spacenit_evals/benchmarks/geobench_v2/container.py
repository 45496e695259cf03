"""Containers of GEO-Bench v2: files side by side, and a Parquet index of them at the end.

The first two bytes are `#y` or `WX`; two little-endian integers of 64 bits follow, where the index begins and how long
it is. A file in it may be a container again, whose own offsets count from its own first byte.
"""

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen

from spacenit_core.errors import DataError, UserError

_HEAD = struct.Struct("<2sQQ")
_MARKS = (b"#y", b"WX")
_HINT = "get it again from its publisher"
_COLUMNS = ("tortilla:id", "tortilla:file_format", "tortilla:data_split", "tortilla:offset", "tortilla:length")
NESTED = "TORTILLA"


@frozen(eq=False)
class Item:
    """One file of a container.

    Attributes:
        path: the container.
        start: its first byte, counted from the container's.
        length: how many bytes it has.
        name: what the index calls it.
        format: `GTiff`, `HDF5` or `TORTILLA`.
        split: `train`, `validation` or `test`.
        facts: the index's other columns.
    """

    path: Path
    start: int
    length: int
    name: str
    format: str
    split: str
    facts: Mapping[str, Any] = field(repr=False)

    def items(self) -> tuple["Item", ...]:
        """The files of a container within the container.

        Raises:
            DataError: where it is none, or is damaged.
        """
        return _items(self.path, self.start, self.length)

    def image(self) -> np.ndarray:
        """All bands of a GeoTIFF ``[C, H, W]``.

        Raises:
            DataError: where it cannot be read.
        """
        from rasterio.errors import RasterioError

        from spacenit_data.rasters.quiet import open_quietly

        try:
            with open_quietly(f"/vsisubfile/{self.start}_{self.length},{self.path}") as file:
                return np.asarray(file.read())
        except RasterioError as error:
            raise self.damaged(error) from error

    def array(self, name: str = "data") -> np.ndarray:
        """One array of an HDF5 file.

        Raises:
            DataError: where it cannot be read.
        """
        import h5py

        try:
            with self.path.open("rb") as container:
                container.seek(self.start)
                content = io.BytesIO(container.read(self.length))
            with h5py.File(content) as file:
                return np.asarray(file[name][()])
        except (OSError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            raise self.damaged(error) from error

    def damaged(self, what: object) -> DataError:
        """The error that says where something is wrong."""
        return DataError(f"{self.path}: {self.name} cannot be read: {what}", _HINT)


def containers(folder: Path, slug: str) -> tuple[Path, ...]:
    """The containers of a set: one, or several parts.

    Raises:
        DataError: where there is none, or a part is missing.
    """
    found = sorted(folder.glob(f"geobench_{slug}*.tortilla")) or sorted(folder.glob(f"{slug}.tortilla"))
    if not found:
        raise DataError(
            f"{folder} holds no geobench_{slug}.tortilla, and no part of one", f"aialliance/{slug} on the hub has it"
        )
    parts = [int(path.name.split(".")[1]) for path in found if path.name.endswith(".part.tortilla")]
    if parts and parts != list(range(len(parts))):
        absent = next(number for number in range(max(parts)) if number not in parts)
        raise DataError(
            f"{folder} lacks geobench_{slug}.{absent:04}.part.tortilla of {max(parts) + 1} parts or more",
            f"aialliance/{slug} on the hub has it",
        )
    return tuple(found)


def read_index(path: Path) -> tuple[Item, ...]:
    """The files of a container, in the order of its index.

    Raises:
        UserError: where pyarrow is not installed.
        DataError: where it is no container, or is damaged.
    """
    return _items(path, 0, None)


def _items(path: Path, base: int, length: int | None) -> tuple[Item, ...]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UserError(
            f"the index of {path.name} is a Parquet table, which needs pyarrow",
            'pip install "spacenit-evals[parquet]"',
        ) from error
    content = _index_bytes(path, base, length)
    try:
        rows = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise DataError(f"{path}: its index cannot be read: {error}", _HINT) from error
    size = _size(path) if length is None else length
    return tuple(_item(path, base, size, row) for row in rows)


def _index_bytes(path: Path, base: int, length: int | None) -> bytes:
    size = _size(path) if length is None else length
    try:
        with path.open("rb") as file:
            file.seek(base)
            head = file.read(_HEAD.size)
            mark, offset, count = _HEAD.unpack(head) if len(head) == _HEAD.size else (b"", 0, 0)
            if mark not in _MARKS:
                raise DataError(f"{path} is no container of GEO-Bench v2 at byte {base}", _HINT)
            if not _HEAD.size <= offset <= size - count:
                raise DataError(f"{path} is cut short: its index ends beyond its {size:,} bytes", _HINT)
            file.seek(base + offset)
            return file.read(count)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}", _HINT) from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}", _HINT) from error


def _item(path: Path, base: int, size: int, row: Mapping[str, Any]) -> Item:
    absent = [column for column in _COLUMNS if row.get(column) is None]
    if absent:
        raise DataError(f"{path}: its index has no {absent[0]}", _HINT)
    name, kind, split, start, length = (row[column] for column in _COLUMNS)
    if not (0 < start <= start + length <= size):
        raise DataError(f"{path}: {name} lies beyond the end of the container", _HINT)
    facts = {column: value for column, value in row.items() if column not in _COLUMNS}
    return Item(path, base + int(start), int(length), str(name), str(kind), str(split), facts)
