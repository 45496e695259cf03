"""Files of benchmarks: rasters, arrays and tensors, each with an error that names the file."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from spacenit_core.errors import DataError
from spacenit_data.rasters.quiet import open_quietly

_HINT = "copy it again from its publisher"


def read_raster(path: Path, bands: int | None = None) -> np.ndarray:
    """All bands of a raster, ``[C, H, W]`` as stored.

    Args:
        path: the file.
        bands: how many it has to have; None for any number.

    Raises:
        DataError: where it is absent or damaged, or has another number of bands.
    """
    from rasterio.errors import RasterioError

    require(path)
    try:
        with open_quietly(str(path)) as file:
            found = file.read()
    except RasterioError as error:
        raise DataError(f"{path} cannot be read: {error}", _HINT) from error
    if bands is not None and len(found) != bands:
        raise DataError(f"{path} has {len(found)} bands, and {bands} belong there", _HINT)
    return found


def read_array(path: Path) -> np.ndarray:
    """An array of numpy's own format, of its shape and type, mapped and not read.

    Raises:
        DataError: where it is absent or damaged, or would run code.
    """
    require(path)
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}", _HINT) from error


def tensor(content: Any, path: Path, ndim: int, name: str = "") -> np.ndarray:
    """A tensor of a torch file's content as an array.

    Args:
        content: what `read_torch_file` gave.
        path: the file.
        ndim: axes that the tensor has to have.
        name: its key; empty where the tensor is all there is.

    Raises:
        DataError: where it is not there, or has other axes.
    """
    import torch

    found = content.get(name) if name and isinstance(content, dict) else content
    if not isinstance(found, torch.Tensor) or found.ndim != ndim:
        there = f"axes {list(found.shape)}" if isinstance(found, torch.Tensor) else "no tensor"
        raise DataError(f"{path}{f' ({name})' if name else ''} holds {there}, and {ndim} axes belong there", _HINT)
    return found.numpy()


def require(path: Path) -> None:
    """Refuse a file that is not there.

    Raises:
        DataError: where it is not.
    """
    if not path.is_file():
        raise DataError(f"{path} is missing", "the data are not complete: copy them again from their publisher")


def require_all(paths: "list[Path]", folder: Path) -> None:
    """Refuse a set that lacks files.

    Raises:
        DataError: where it does, saying how many, and the first.
    """
    absent = [path for path in paths if not path.is_file()]
    if absent:
        raise DataError(
            f"{folder} lacks {len(absent)} of {len(paths)} files, first {absent[0].relative_to(folder)}",
            "the data are not complete: copy them again from their publisher",
        )


def checked_classes(labels: np.ndarray, classes: int, path: Path | str) -> np.ndarray:
    """Labels of any shape that are all classes or -1.

    Raises:
        DataError: where one is not.
    """
    if labels.min() < -1 or labels.max() >= classes:
        wrong = labels.min() if labels.min() < -1 else labels.max()
        raise DataError(f"{path} has the label {wrong}, and the classes are 0 to {classes - 1}", _HINT)
    return labels


def read_location(path: Path, row: float, column: float) -> tuple[float, float]:
    """Latitude and longitude of a place in a raster; NaN where it does not say where it lies.

    Args:
        path: the file.
        row: rows from the upper edge.
        column: columns from the left edge.

    Raises:
        DataError: where it cannot be read.
    """
    from spacenit_data.tile.grid import WGS84, project

    require(path)
    crs, transform = _place_of(path, path.stat().st_mtime_ns)
    if crs is None:
        return np.nan, np.nan
    x, y = transform @ (column, row)
    lon, lat = project(crs, WGS84, x, y)
    return float(lat[0]), float(lon[0])


@lru_cache(maxsize=8)
def _place_of(path: Path, changed: int) -> tuple[Any, Any]:
    """Reference system and transform of a raster that was last changed at a time."""
    from rasterio.errors import RasterioError

    try:
        with open_quietly(str(path)) as file:
            return file.crs, file.transform
    except RasterioError as error:
        raise DataError(f"{path} cannot be read: {error}", _HINT) from error


def read_tag(path: Path, name: str) -> str:
    """A tag of a raster; empty where it has none.

    Raises:
        DataError: where it cannot be read.
    """
    from rasterio.errors import RasterioError

    try:
        with open_quietly(str(path)) as file:
            return str(file.tags().get(name, ""))
    except RasterioError as error:
        raise DataError(f"{path} cannot be read: {error}", _HINT) from error
