"""One sample of GEO-Bench v1: an HDF5 file with a data set per band and a pickle of everything else."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  (registers the codecs)
import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.geobench_v1.inert_pickle import MAX_BYTES, Record, read_pickle

_HINT = "copy it again from its publisher"


@frozen(eq=False)
class SampleFacts:
    """What a file says of its sample beside the pixels.

    Attributes:
        label: its class; None where it is no whole number.
        crs: the reference system of its pixels, as text; empty where it has none.
        corner: x and y of its upper left corner in that system; None where it has none.
    """

    label: int | None
    crs: str = ""
    corner: tuple[float, float] | None = None


def read_facts(path: Path) -> SampleFacts:
    """Read label and position of a sample.

    Raises:
        DataError: for a file that is not a sample's.
    """
    with _opened(path) as file:
        text = file.attrs.get("pickle")
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
    label = facts.get("label")
    crs, corner = _position(facts)
    return SampleFacts(label if isinstance(label, int) and not isinstance(label, bool) else None, crs, corner)


def read_bands(path: Path, names: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Read pixels.

    Args:
        path: the sample's file.
        names: band -> name of its data set in the file.

    Returns:
        Band -> numbers as stored ``[H, W]``, without bands that the file lacks.

    Raises:
        DataError: for a file that cannot be read, or whose bands differ in size.
    """
    with _opened(path) as file:
        try:
            found = {band: file[name][()] for band, name in names.items() if name in file}
        except (OSError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path} cannot be read: {error}", _HINT) from error
    shapes = {array.shape for array in found.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise DataError(f"{path}: its bands have the shapes {sorted(shapes)}", _HINT)
    return found


def _opened(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}", _HINT) from error


def _position(facts: dict[Any, Any]) -> tuple[str, tuple[float, float] | None]:
    """Reference system and upper left corner, from the first band that states them."""
    for band in facts.values():
        if isinstance(band, dict) and isinstance(band.get("transform"), Record):
            numbers = band["transform"].arguments
            crs = band.get("crs")
            known = [*crs.arguments, crs.state] if isinstance(crs, Record) else []
            if len(numbers) >= 6 and all(isinstance(number, int | float) for number in numbers):
                return "".join(part for part in known if isinstance(part, str)), (float(numbers[2]), float(numbers[5]))
    return "", None
