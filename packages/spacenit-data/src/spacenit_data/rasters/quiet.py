"""Opening a raster without GDAL's warnings about what is checked later."""

import warnings

import rasterio
from rasterio.errors import NotGeoreferencedWarning


def open_quietly(name: str) -> rasterio.DatasetReader:
    """Open a raster by its path or GDAL's name.

    Raises:
        RasterioError: if it cannot be opened.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(name)
