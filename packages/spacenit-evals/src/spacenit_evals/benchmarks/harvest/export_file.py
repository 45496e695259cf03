"""One Earth Engine export: twelve steps of seventeen bands, then elevation and slope."""

import re
from pathlib import Path

import numpy as np
import rasterio
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_data.rasters.quiet import open_quietly
from spacenit_evals.benchmarks.harvest.steps import STEPS

DYNAMIC = (
    *("VV", "VH", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12"),
    *("temperature_2m", "total_precipitation"),
)
STATIC = ("elevation", "slope")
_NAME = re.compile(r"(\d+)-(.+)_(\d{4}-\d\d-\d\d)_(\d{4}-\d\d-\d\d)")


@frozen
class ExportName:
    """What a file's name says.

    Attributes:
        index: the label's number in its data set.
        dataset: the data set.
        start: the first day.
    """

    index: int
    dataset: str
    start: str


def read_name(path: Path) -> ExportName:
    """From `98-togo_2019-02-06_2020-02-01.tif`.

    Raises:
        DataError: where it is none.
    """
    found = _NAME.fullmatch(path.stem)
    if found is None:
        raise DataError(f"{path} is not called INDEX-DATASET_START_END.tif", "leave it out of the folder")
    return ExportName(int(found[1]), found[2], found[3])


def read_cells(path: Path, lat: float, lon: float, cells: int) -> dict[str, np.ndarray]:
    """The bands around a place.

    Args:
        path: the export.
        lat: of the place, degrees.
        lon: likewise.
        cells: along one side.

    Returns:
        Band -> float64 ``[H, W, 12]``; elevation and slope are the same in all steps.

    Raises:
        DataError: where the file is damaged, has other bands, or ends before the window does.
    """
    try:
        with open_quietly(str(path)) as file:
            names = _band_names(path, file.descriptions, file.count)
            row, column = (int(np.floor(place)) for place in reversed(~file.transform * (lon, lat)))
            top, left = row - (cells - 1) // 2, column - (cells - 1) // 2
            if not (top >= 0 and top + cells <= file.height and left >= 0 and left + cells <= file.width):
                raise DataError(
                    f"{path} does not hold {cells} x {cells} cells around {lat:.5f}, {lon:.5f}", "ask for fewer cells"
                )
            stored = file.read(window=rasterio.windows.Window(left, top, cells, cells)).astype(np.float64)
    except rasterio.errors.RasterioError as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again") from error
    found = {}
    for band in DYNAMIC:
        steps = [stored[names.index(band if step == 0 else f"{band}_{step}")] for step in range(STEPS)]
        found[band] = np.stack(steps, axis=-1)
    for band in STATIC:
        found[band] = np.repeat(stored[names.index(band)][..., None], STEPS, axis=-1)
    return found


def _band_names(path: Path, described: tuple[str | None, ...], count: int) -> list[str]:
    """The bands' names, by which they are found; where files do not state them, those of the order of exports."""
    usual = [band if step == 0 else f"{band}_{step}" for step in range(STEPS) for band in DYNAMIC] + list(STATIC)
    names = [str(name) for name in described] if any(described) else usual
    if count != len(usual) or set(names) != set(usual):
        absent = [name for name in usual if name not in names]
        raise DataError(
            f"{path} has {count} bands{f' and no {absent[0]}' if absent else ''}, and an export has {len(usual)}",
            "export it again, or leave it out",
        )
    return names
