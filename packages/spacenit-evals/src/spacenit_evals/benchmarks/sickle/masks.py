"""The masks of a sample: plots, crops, dates and yields."""

from pathlib import Path

import numpy as np
import rasterio
import rasterio.warp
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.tasks import IGNORED
from spacenit_data.rasters.quiet import open_quietly

SIDE = 32
"""Cells along one side, to which masks and images are brought alike."""

PADDY = 1
_PLOT, _CROP, _YIELD = 0, 1, 5
_LAYERS = 6


@frozen(eq=False)
class Masks:
    """The layers of a sample.

    Attributes:
        plot: number of the plot of each cell, 0 outside of plots, int ``[32, 32]``.
        crop: 0 outside, 1 paddy, other numbers other crops, int ``[32, 32]``.
        yields: float ``[32, 32]``; not above 0 where there is none.
        lat: of the middle, degrees; NaN where the file does not say.
        lon: likewise.
    """

    plot: np.ndarray
    crop: np.ndarray
    yields: np.ndarray
    lat: float
    lon: float

    def crops_of(self, plots: set[int]) -> np.ndarray:
        """0 for paddy and 1 for other crops in some plots, int8 ``[32, 32]``; elsewhere nothing counts."""
        inside = np.isin(self.plot, sorted(plots)) & (self.crop > 0)
        return np.where(inside, np.where(self.crop == PADDY, 0, 1), IGNORED).astype(np.int8)

    def yield_of(self, plot: int) -> float:
        """The yield of a plot; NaN where there is none."""
        found = self.yields[(self.plot == plot) & (self.yields > 0)]
        return float(np.median(found)) if len(found) else float("nan")


def read_masks(root: Path, uid: str) -> Masks:
    """The masks of 10 m.

    Raises:
        DataError: where the file is missing, damaged, or has other layers.
    """
    path = root / "masks" / "10m" / f"{uid}.tif"
    try:
        with open_quietly(str(path)) as file:
            stored = file.read().astype(np.float64)
            lon, lat = _middle(file)
    except rasterio.errors.RasterioError as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again") from error
    if len(stored) != _LAYERS:
        raise DataError(f"{path} has {len(stored)} layers, not plot, crop, three dates and yield", "copy it again")
    layers = nearest(np.nan_to_num(stored, nan=0.0).transpose(1, 2, 0))
    plot, crop = (layers[..., layer].astype(np.int64) for layer in (_PLOT, _CROP))
    return Masks(plot=plot, crop=crop, yields=layers[..., _YIELD], lat=lat, lon=lon)


def nearest(values: np.ndarray) -> np.ndarray:
    """From ``[H, W, ...]`` to ``[32, 32, ...]`` by the nearest cell."""
    rows, columns = (np.arange(SIDE) * size // SIDE for size in values.shape[:2])
    return values[rows[:, None], columns[None, :]]


def _middle(file: rasterio.DatasetReader) -> tuple[float, float]:
    if file.crs is None:
        return float("nan"), float("nan")
    x, y = file.transform * (file.width / 2, file.height / 2)
    (lon,), (lat,) = rasterio.warp.transform(file.crs, "EPSG:4326", [x], [y])[:2]
    return float(lon), float(lat)
