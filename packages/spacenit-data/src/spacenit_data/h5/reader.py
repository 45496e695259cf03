"""Opening, checking and reading H5 sample files: the one place that knows what HDF5 raises.

Values are read through HDF5's own interface, which is a fifth faster than h5py's high level (ADR 0009). Files are
closed after each sample, so that no handle is ever shared with a forked process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import h5py
import hdf5plugin  # noqa: F401  (registers the codecs)
import numpy as np
from h5py import h5d, h5f, h5g, h5l, h5s

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.h5.files import MASKS, RESERVED
from spacenit_data.h5.opening import BEING_WRITTEN, WAIT_FOR_WRITER, open_for_reading
from spacenit_data.h5.sample import Location
from spacenit_data.h5.stored_array import StoredArray
from spacenit_data.h5.timestamps import FROM_ONE, LateMonthError, read_dates

_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError)
"""What HDF5 raises for bytes that make no sense, and numpy for types and sizes that follow from them."""


@contextmanager
def reading(path: Path | str, part: str = "") -> Iterator[None]:
    """While a file, or a part of it, is read: what its bytes raise becomes a `DataError` that names it.

    Args:
        path: the file.
        part: what of it is read; empty for the whole.

    Raises:
        DataError: whose cause is what HDF5 or numpy said.
    """
    try:
        yield
    except _BROKEN as error:
        if BEING_WRITTEN in str(error):
            raise DataError(f"{path} is open for writing elsewhere", WAIT_FOR_WRITER) from error
        raise DataError(
            f"{path} cannot be read: {part and f'{part}: '}{error}",
            "the file is damaged or cut short: convert or copy it again{unreadable}",
            things=("unreadable",),
        ) from error


@contextmanager
def open_sample(path: Path, months_from: int = 0) -> Iterator["SampleFile"]:
    """Open a sample file; what its values lead to while it is open is told of the file, too.

    Args:
        path: the file.
        months_from: the number of January in its timestamps, 0 or 1.

    Raises:
        DataError: if it cannot be opened, or makes no sense.
    """
    with SampleFile(path, months_from) as file, reading(path):
        yield file


class SampleFile:
    """One open sample file; a context manager.

    Every error that its bytes cause is a `DataError` that names the file and the dataset.

    Args:
        path: the file.
        months_from: the number of January in its timestamps, 0 or 1.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path | str, months_from: int = 0) -> None:
        self.path = path
        self._months_from = months_from
        self._file: h5f.FileID | None = None
        self._masks: h5g.GroupID | None = None

    def __enter__(self) -> "SampleFile":
        try:
            with reading(self.path):
                self._file = open_for_reading(self.path)
        except DataError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            raise DataError(f"{self.path} does not exist") from error.__cause__
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._masks = None
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def members(self) -> h5py.File:
        """What there is, as h5py shows it: names, links, shapes, attributes. Values are read by the other methods."""
        return h5py.File(self._file)

    def is_array(self, name: str) -> bool:
        """Whether a member is an array of numbers that lies in this very file."""
        members = self.members
        if not isinstance(members.get(name, getlink=True), h5py.HardLink):
            return False
        member = members[name]
        return isinstance(member, h5py.Dataset) and member.dtype.kind in "biuf" and member.shape not in (None, ())

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of the array of a sensor.

        Raises:
            DataError: if it is no array of numbers in this file.
        """
        if not self.is_array(name):
            raise DataError(
                f"{self.path}: {name} is no array of numbers",
                f"rename or remove {name} in the file, or leave the sensor out",
            )
        shape: tuple[int, ...] = self.members[name].shape
        return shape

    def pixels(self, name: str) -> np.ndarray:
        """The whole array of a sensor, as it is stored.

        Raises:
            DataError: if it is no array of numbers in this file, or its bytes make no sense.
        """
        self.shape(name)
        return self.values(name)

    def values(self, name: str) -> np.ndarray:
        """The whole array of a name, as it is stored.

        Raises:
            DataError: if there is none in this file, or its bytes make no sense.
        """
        with self.reading(name):
            return _whole(self._file, name)

    def timestamps(self) -> np.ndarray:
        """Int64 ``[T, 3]``: day 1-31, month 0-11, year."""
        stored = self.values("timestamps")
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

    def location(self) -> Location | None:
        """Where the sample lies; None where the file does not say."""
        stated = self.members.attrs
        keys = ("crs", "left", "top", "gsd")
        if any(key not in stated for key in keys):
            return None
        crs, left, top, gsd = (stated[key] for key in keys)
        return Location(crs.decode() if isinstance(crs, bytes) else str(crs), left, top, gsd)

    def mask(self, name: str, steps: int) -> np.ndarray | None:
        """Bool ``[steps]``: the steps that a series holds; None where the file does not say."""
        if self._masks is None:
            with self.reading(MASKS):
                self._masks = h5g.open(self._file, MASKS.encode()) if _has(self._file, MASKS) else None
        label = f"{MASKS}/{name}"
        with self.reading(label):
            if self._masks is None or not _has(self._masks, name):
                return None
            mask = _whole(self._masks, name).astype(bool)
        if mask.shape != (steps,):
            raise self.wrong(label, f"has the shape {list(mask.shape)}, but there are {steps} time steps")
        return mask

    def array(self, spec: SensorSpec) -> StoredArray | None:
        """The array of a sensor, checked against its declaration, to be read by windows; None where there is none."""
        with self.reading(spec.name):
            if not _has(self._file, spec.name):
                return None
            array = StoredArray(spec, _dataset(self._file, spec.name))
        problem = array.problem()
        if problem is not None:
            raise self.wrong(spec.name, problem)
        return array

    def names(self) -> list[str]:
        """The names of all members but those that every sample has, in order."""
        return sorted(name for name in self.members if name not in RESERVED)

    def wrong(self, name: str, what: str) -> DataError:
        """An error about one dataset of the file."""
        return DataError(
            f"{self.path}: dataset {name} {what}",
            "convert or copy the sample again{unreadable}",
            things=("unreadable",),
        )

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """While a dataset is read: what its bytes raise becomes a `DataError` that names it."""
        with reading(self.path, f"dataset {name}"):
            yield


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
