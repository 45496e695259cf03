"""Where images lie: the latitude and longitude of their middles."""

import numpy as np
import rasterio
from rasterio.warp import transform


def middle_of(image: rasterio.DatasetReader) -> np.ndarray:
    """Latitude and longitude of the middle of an image, float32 ``[2]``; NaN where it states no reference system."""
    if image.crs is None:
        return np.full(2, np.nan, dtype=np.float32)
    x, y = image.transform * (image.width / 2, image.height / 2)
    return degrees_of(image.crs, x, y)


def degrees_of(crs: rasterio.crs.CRS | str, x: float, y: float) -> np.ndarray:
    """Latitude and longitude of a place, float32 ``[2]``; NaN where its reference system is none that is known."""
    try:
        (lon,), (lat,) = transform(crs, "EPSG:4326", [x], [y])[:2]
    except (rasterio.errors.RasterioError, rasterio.errors.CRSError):
        return np.full(2, np.nan, dtype=np.float32)
    found = np.array([lat, lon], dtype=np.float32)
    return found if np.isfinite(found).all() else np.full(2, np.nan, dtype=np.float32)
