"""One sample of GEO-Bench v1: an HDF5 file with a data set per band and a pickle of everything else."""

import ast
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  (registers the codecs)
import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.geobench_v1.inert_arrays import plain
from spacenit_evals.benchmarks.geobench_v1.inert_pickle import MAX_BYTES, Record, read_pickle
from spacenit_evals.benchmarks.middles import degrees_of

LABEL = "label"
_DATED = re.compile(r"(.+)_(\d{4}-\d{2}-\d{2})")
_GEOGRAPHIC = ("GEOG", "EPSG:4326", "OGC:CRS84", "{'INIT': 'EPSG:4326'", "+PROJ=LONGLAT")
_HINT = "copy it again from its publisher"


@frozen(eq=False)
class SampleFacts:
    """What a file says of its sample beside the pixels.

    Attributes:
        label: its class; or which classes it has, int ``[K]``; None where it is neither.
        crs: the reference system of its pixels, as text; empty where it has none.
        corner: x and y of its upper left corner in that system; None where it has none.
        steps: from one pixel to the next, in x and in y.
        day: of its image; None where it has none.
    """

    label: int | np.ndarray | None
    crs: str = ""
    corner: tuple[float, float] | None = None
    steps: tuple[float, float] = (0.0, 0.0)
    day: date | None = None

    @property
    def is_geographic(self) -> bool:
        """Whether the corner is in degrees; projected systems name the degrees that they are made of further on."""
        return self.crs.upper().startswith(_GEOGRAPHIC)

    def middle(self, height: int, width: int) -> np.ndarray:
        """Latitude and longitude of the middle of so many pixels, float32 ``[2]``; NaN where it is not known."""
        if self.corner is None:
            return np.full(2, np.nan, dtype=np.float32)
        x, y = self.corner[0] + self.steps[0] * width / 2, self.corner[1] + self.steps[1] * height / 2
        return np.array([y, x], dtype=np.float32) if self.is_geographic else degrees_of(self.crs, x, y)


def read_facts(path: Path) -> SampleFacts:
    """Read label, position and date of a sample.

    Raises:
        DataError: for a file that is not a sample's.
    """
    with _opened(path) as file:
        text, days = file.attrs.get("pickle"), {day for _, day in map(_named, file) if day is not None}
    if not isinstance(text, str) or len(text) > 4 * MAX_BYTES:
        raise DataError(f"{path} has no attribute pickle, which holds the label", _HINT)
    try:
        content = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise DataError(f"{path}: its attribute pickle is damaged", _HINT) from error
    if not isinstance(content, bytes):
        raise DataError(f"{path}: its attribute pickle is damaged", _HINT)
    facts = read_pickle(content, str(path))
    if not isinstance(facts, dict):
        raise DataError(f"{path}: its attribute pickle holds no mapping", _HINT)
    if len(days) > 1:
        raise DataError(f"{path} has images of {len(days)} days, and samples of this set have one", _HINT)
    label = plain(facts.get(LABEL))
    is_label = isinstance(label, int | np.ndarray) and not isinstance(label, bool)
    return SampleFacts(label if is_label else None, *_position(facts), day=min(days, default=None))


def read_bands(path: Path, names: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Read pixels.

    Args:
        path: the sample's file.
        names: band -> name of its data set in the file, without the date.

    Returns:
        Band -> numbers as stored ``[H, W]``.

    Raises:
        DataError: for a file that cannot be read or lacks a band, or whose bands differ in size.
    """
    with _opened(path) as file:
        keys = {_named(key)[0]: key for key in file}
        if absent := [name for name in names.values() if name not in keys]:
            raise DataError(f"{path} has no {absent[0]}", _HINT)
        try:
            found = {band: file[keys[name]][()] for band, name in names.items()}
        except (OSError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path} cannot be read: {error}", _HINT) from error
    shapes = {array.shape for array in found.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise DataError(f"{path}: its bands have the shapes {sorted(shapes)}", _HINT)
    return found


def read_label_map(path: Path) -> np.ndarray:
    """The class of each pixel, int16 ``[H, W]``.

    Raises:
        DataError: for a file that cannot be read, or has no such map.
    """
    found = read_bands(path, {LABEL: LABEL})[LABEL]
    if found.dtype.kind not in "biu" and not (found == np.floor(found)).all():
        raise DataError(f"{path}: its labels are no whole numbers", _HINT)
    return found.astype(np.int16)


def _named(key: str) -> tuple[str, date | None]:
    """The name of a band, and the date behind it."""
    found = _DATED.fullmatch(key)
    try:
        return (key, None) if found is None else (found[1], date.fromisoformat(found[2]))
    except ValueError:
        return key, None


def _opened(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}", _HINT) from error


def _position(facts: dict[Any, Any]) -> tuple[str, tuple[float, float] | None, tuple[float, float]]:
    """Reference system, upper left corner and steps, from the first band that states them."""
    for band in facts.values():
        if isinstance(band, dict) and isinstance(band.get("transform"), Record):
            numbers = band["transform"].arguments
            crs = band.get("crs")
            known = [*crs.arguments, crs.state] if isinstance(crs, Record) else [crs]
            if len(numbers) >= 6 and all(isinstance(number, int | float) for number in numbers):
                across, _, left, _, down, top = (float(number) for number in numbers[:6])
                return "".join(part for part in known if isinstance(part, str)), (left, top), (across, down)
    return "", None, (0.0, 0.0)
