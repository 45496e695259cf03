"""A set of samples as a folder of files: which files there are, and what is in one, whoever wrote it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  (registers the codecs)
import numpy as np

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.h5.below import sets_below
from spacenit_data.h5.files import MASKS
from spacenit_data.h5.metadata import METADATA_CSV
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
        raise UserError(
            f"there is no folder {folder}", "name the folder that holds sample_metadata.csv and sample_<i>.h5"
        )
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
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except BROKEN as error:
        raise DataError(
            f"{path} cannot be read: {error}", "the file is damaged or cut short: copy or convert it again"
        ) from error


def sensor_names(file: h5py.File) -> list[str]:
    """The sensors that a sample holds."""
    return sorted(name for name in file if name not in RESERVED)


def as_images(values: np.ndarray, spec: SensorSpec | None) -> np.ndarray:
    """An array as [H, W, S, C] or [S, C], where the file left out the axis of a single step."""
    if values.ndim == 3 and (spec is None or spec.spatial):
        return values[:, :, None]
    return values[None] if values.ndim == 1 else values


def step_mask(file: h5py.File, name: str, steps: int) -> np.ndarray:
    """Which of a sample's steps a sensor holds: bool ``[T]``, all of them where the file does not say."""
    mask = file.get(f"{MASKS}/{name}")
    return np.ones(steps, bool) if mask is None else mask[:].astype(bool)
