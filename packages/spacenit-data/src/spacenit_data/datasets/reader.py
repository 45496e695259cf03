"""Reading H5 sample files through HDF5's own interface, which is a fifth faster than h5py's high level (ADR 0009).

Files are closed after each window, so that no handle is ever shared with a forked process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import hdf5plugin  # noqa: F401  (registers the codecs)
import numpy as np
from h5py import h5d, h5f, h5g, h5l, h5s

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.datasets.stored_array import StoredArray
from spacenit_data.h5.files import MASKS
from spacenit_data.h5.opening import BEING_WRITTEN, WAIT_FOR_WRITER, open_for_reading
from spacenit_data.h5.timestamps import FROM_ONE, LateMonthError, read_dates

# What HDF5 raises for bytes that make no sense, and numpy for types and sizes that follow from them.
_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError)


class SampleFile:
    """One open sample file; a context manager.

    Every error that its bytes cause is a `DataError` that names the file and the dataset.

    Args:
        path: the file.
        months_from: the number of January in its timestamps, 0 or 1.
    """

    def __init__(self, path: Path | str, months_from: int = 0) -> None:
        self.path = path
        self._months_from = months_from
        self._file: h5f.FileID | None = None
        self._masks: h5g.GroupID | None = None

    def __enter__(self) -> "SampleFile":
        try:
            self._file = open_for_reading(self.path)
        except FileNotFoundError as error:
            raise DataError(
                f"{self.path} is missing, though the set's metadata list it",
                "finish the copy or the conversion, or leave the sample out{samples}",
                things=("samples",),
            ) from error
        except _BROKEN as error:
            raise self._unreadable("the file", error) from error
        try:
            with self.reading(MASKS):
                self._masks = h5g.open(self._file, MASKS.encode()) if _has(self._file, MASKS) else None
        except DataError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._masks = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def timestamps(self) -> np.ndarray:
        """Int64 ``[T, 3]``: day 1-31, month 0-11, year."""
        with self.reading("timestamps"):
            stored = _whole(self._file, "timestamps")
        try:
            return read_dates(stored, self._months_from)
        except LateMonthError as error:
            raise DataError(f"{self.path}: dataset timestamps {error}", FROM_ONE, things=("months",)) from error
        except ValueError as error:
            raise self.wrong("timestamps", str(error)) from error

    def latlon(self) -> np.ndarray:
        """Float32 ``[2]``, degrees, of the sample's centre; NaN where the file does not say."""
        with self.reading("latlon"):
            if not _has(self._file, "latlon"):
                return np.full(2, np.nan, np.float32)
            centre = _whole(self._file, "latlon").astype(np.float32)
        if centre.shape != (2,):
            raise self.wrong("latlon", f"has the shape {list(centre.shape)}, not [2]")
        return centre

    def mask(self, name: str, steps: int) -> np.ndarray | None:
        """Bool ``[steps]``: the steps that a series holds; None where the file does not say."""
        label = f"{MASKS}/{name}"
        with self.reading(label):
            if self._masks is None or not _has(self._masks, name):
                return None
            mask = _whole(self._masks, name).astype(bool)
        if mask.shape != (steps,):
            raise self.wrong(label, f"has the shape {list(mask.shape)}, but there are {steps} time steps")
        return mask

    def open(self, spec: SensorSpec) -> StoredArray | None:
        """The array of a sensor; None where the sample lacks it."""
        with self.reading(spec.name):
            if not _has(self._file, spec.name):
                return None
            array = StoredArray(spec, _dataset(self._file, spec.name))
        problem = array.problem()
        if problem is not None:
            raise self.wrong(spec.name, problem)
        return array

    def wrong(self, name: str, what: str) -> DataError:
        """An error about one dataset of the file."""
        return DataError(
            f"{self.path}: dataset {name} {what}",
            "convert or copy the sample again{unreadable}",
            things=("unreadable",),
        )

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """While a dataset is read: what HDF5 raises becomes a `DataError` that names it."""
        try:
            yield
        except _BROKEN as error:
            raise self._unreadable(f"dataset {name}", error) from error

    def _unreadable(self, what: str, error: BaseException) -> DataError:
        if BEING_WRITTEN in str(error):
            return DataError(f"{self.path} is open for writing elsewhere", WAIT_FOR_WRITER)
        return DataError(
            f"{self.path}: {what} cannot be read: {error}",
            "the file is damaged or cut short: convert or copy it again{unreadable}",
            things=("unreadable",),
        )


def _has(group: h5g.GroupID | None, name: str) -> bool:
    # `in` looks for what a link points to as well, for three times the price.
    return group is not None and group.links.exists(name.encode())


def _dataset(group: h5g.GroupID | None, name: str) -> h5d.DatasetID:
    if group is not None and group.links.get_info(name.encode()).type != h5l.TYPE_HARD:
        raise ValueError("it is a link, not an array in this file")
    return h5d.open(group, name.encode())


def _whole(group: h5g.GroupID | None, name: str) -> np.ndarray:
    dataset = _dataset(group, name)
    kind = dataset.get_type()
    out = np.zeros(dataset.shape, kind.dtype)
    dataset.read(h5s.ALL, h5s.ALL, out, kind)
    return out
