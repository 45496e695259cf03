"""A set of samples as a folder of files: which files there are, and what is in one, whoever wrote it."""

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import numpy as np

from spacenit_core.errors import UserError, no_folder
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.h5.below import sets_below
from spacenit_data.h5.metadata import METADATA_CSV
from spacenit_data.h5.reader import SampleFile

LARGEST_ARRAY = 4 * 2**30
"""Bytes; an array that claims to be larger is not a sample's."""


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


def sensor_names(file: SampleFile, listed: Collection[str] | None = None) -> list[str]:
    """The sensors that a sample holds; what else others keep in their files is passed over.

    Args:
        file: the open sample.
        listed: the sensors of the set by its metadata. Without them, every array of numbers counts as one.
    """
    return [name for name in file.names() if not is_foreign(file, name, listed)]


def is_foreign(file: SampleFile, name: str, listed: Collection[str] | None) -> bool:
    """Whether a member is no sensor.

    Sensors are those that are listed, and arrays of numbers that are called like an installed one. Where nothing is
    listed, all arrays are, and whatever is called like an installed one.
    """
    if listed is None:
        return installed_spec(name) is None and not file.is_array(name)
    return name not in listed and (installed_spec(name) is None or not file.is_array(name))


def as_images(values: np.ndarray, spec: SensorSpec | None) -> np.ndarray:
    """An array as [H, W, S, C] or [S, C], where the file left out the axis of a single step."""
    if values.ndim == 3 and (spec is None or spec.spatial):
        return values[:, :, None]
    return values[None] if values.ndim == 1 else values
