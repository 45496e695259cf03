"""A set of samples as a folder of files: which files there are, and what is in one, whoever wrote it."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  (registers the codecs)
import numpy as np

from spacenit_core.errors import DataError, UserError, no_folder
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.h5.below import sets_below
from spacenit_data.h5.files import MASKS
from spacenit_data.h5.metadata import METADATA_CSV
from spacenit_data.h5.opening import BEING_WRITTEN, WAIT_FOR_WRITER, open_for_reading
from spacenit_data.h5.timestamps import FROM_ONE, LateMonthError, read_dates
from spacenit_data.h5.writer import RESERVED

LARGEST_ARRAY = 4 * 2**30
"""Bytes; an array that claims to be larger is not a sample's."""

BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError)
"""What h5py raises for bytes that make no sense."""


def find_set(folder: Path | str) -> Path:
    """The folder that holds the samples: the given one, or the only one below it.

    Raises:
        UserError: if there is none, or more than one.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise no_folder(folder, "name the folder that holds sample_metadata.csv and sample_<i>.h5")
    if next(folder.glob("sample_*.h5"), None) or (folder / METADATA_CSV).exists():
        return folder
    found = sets_below(folder)
    if len(found) == 1:
        return found[0]
    if not found:
        raise UserError(
            f"{folder} holds no samples, and neither does any folder near below it",
            "samples are made by `spacenit-run data tile` and `spacenit-run data convert`",
        )
    listed = "\n".join(f"    {path}" for path in found[:10])
    raise UserError(f"{folder} holds {len(found)} sets; name one of them:\n{listed}")


def sample_path(folder: Path, number: int) -> Path:
    """The file of a sample."""
    return folder / f"sample_{number}.h5"


def sample_numbers(folder: Path) -> list[int]:
    """The numbers of the sample files that are there, in order."""
    matches = (re.fullmatch(r"sample_(0|[1-9]\d*)\.h5", path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in matches if match)


@lru_cache(maxsize=1024)
def installed_spec(name: str) -> SensorSpec | None:
    """The installed sensor of a name; None where there is none, or where its plugin is broken."""
    if name not in SENSORS.names():
        return None
    try:
        return SENSORS.get(name)
    except UserError:
        return None


@contextmanager
def open_sample(path: Path) -> Iterator[h5py.File]:
    """Open a sample file.

    Raises:
        DataError: if it cannot be opened, or read while it is open.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist")
    try:
        with h5py.File(open_for_reading(path)) as file:
            yield file
    except BROKEN as error:
        if BEING_WRITTEN in str(error):
            raise DataError(f"{path} is open for writing elsewhere", WAIT_FOR_WRITER) from error
        raise DataError(
            f"{path} cannot be read: {error}", "the file is damaged or cut short: copy or convert it again"
        ) from error


def sensor_names(file: h5py.File, listed: Collection[str] | None = None) -> list[str]:
    """The sensors that a sample holds; what else others keep in their files is passed over.

    Args:
        file: the open sample.
        listed: the sensors of the set by its metadata. Without them, every array of numbers counts as one.
    """
    names = [name for name in file if name not in RESERVED]
    return sorted(name for name in names if not is_foreign(file, name, listed))


def is_foreign(file: h5py.File, name: str, listed: Collection[str] | None) -> bool:
    """Whether a member is no sensor.

    Sensors are those that are listed, and arrays of numbers that are called like an installed one. Where nothing is
    listed, all arrays are, and whatever is called like an installed one.
    """
    if listed is None:
        return installed_spec(name) is None and not _is_array(file, name)
    return name not in listed and (installed_spec(name) is None or not _is_array(file, name))


def read_array(file: h5py.File, name: str) -> np.ndarray:
    """The array of a sensor.

    Raises:
        DataError: naming the member, if it is something else.
    """
    read_shape(file, name)
    values: np.ndarray = file[name][()]
    return values


def read_shape(file: h5py.File, name: str) -> tuple[int, ...]:
    """The shape of the array of a sensor.

    Raises:
        DataError: naming the member, if it is something else.
    """
    if not _is_array(file, name):
        raise DataError(
            f"{file.filename}: {name} is no array of numbers",
            f"rename or remove {name} in the file, or leave the sensor out",
        )
    shape: tuple[int, ...] = file[name].shape
    return shape


def read_times(file: h5py.File, months_from: int = 0) -> np.ndarray:
    """Int64 ``[T, 3]``: day 1-31, month 0-11, year.

    Raises:
        DataError: naming the file, if there are none or they make no sense.
    """
    if not _is_array(file, "timestamps"):
        raise DataError(f"{file.filename}: timestamps is no array of numbers", "copy or convert the sample again")
    try:
        return read_dates(file["timestamps"][()], months_from)
    except LateMonthError as error:
        raise DataError(f"{file.filename}: timestamps {error}", FROM_ONE, things=("months",)) from error
    except ValueError as error:
        raise DataError(f"{file.filename}: timestamps {error}", "copy or convert the sample again") from error


def read_centre(file: h5py.File) -> np.ndarray:
    """Float32 ``[2]``: latitude and longitude; NaN where the file does not say.

    Raises:
        DataError: naming the file, if they are something else.
    """
    if "latlon" not in file:
        return np.full(2, np.nan, np.float32)
    if not _is_array(file, "latlon") or file["latlon"].shape != (2,):
        raise DataError(f"{file.filename}: latlon is not two numbers", "copy or convert the sample again")
    return np.asarray(file["latlon"][()], np.float32)


def _is_array(file: h5py.File, name: str) -> bool:
    """Whether a member is an array of numbers that lies in this very file."""
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return False
    member = file[name]
    return isinstance(member, h5py.Dataset) and member.dtype.kind in "biuf" and member.shape not in (None, ())


def as_images(values: np.ndarray, spec: SensorSpec | None) -> np.ndarray:
    """An array as [H, W, S, C] or [S, C], where the file left out the axis of a single step."""
    if values.ndim == 3 and (spec is None or spec.spatial):
        return values[:, :, None]
    return values[None] if values.ndim == 1 else values


def step_mask(file: h5py.File, name: str, steps: int) -> np.ndarray | None:
    """Which of a sample's steps a sensor holds: bool ``[T]``; None where the file does not say.

    Raises:
        DataError: naming the mask, if it is no array of so many steps.
    """
    if not isinstance(file.get(MASKS), h5py.Group | None):
        raise DataError(f"{file.filename}: {MASKS} is not a group of masks", "copy or convert the sample again")
    label = f"{MASKS}/{name}"
    if label not in file:
        return None
    if not _is_array(file, label) or file[label].shape != (steps,):
        raise DataError(
            f"{file.filename}: {label} is not one value for each of {steps} dates", "copy or convert the sample again"
        )
    return np.asarray(file[label][()]).astype(bool)
