"""Anyone's own rasters as samples."""

from spacenit_data.tile.manifest import RasterRequest, from_arguments, from_csv
from spacenit_data.tile.settings import TileSettings
from spacenit_data.tile.tiling import TileReport, tile_rasters

__all__ = ["RasterRequest", "TileReport", "TileSettings", "from_arguments", "from_csv", "tile_rasters"]
