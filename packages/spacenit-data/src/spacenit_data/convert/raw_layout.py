"""Where the raw tile layout keeps its files.

One folder and one CSV per sensor and time span, and one GeoTIFF per tile and band group::

    10_sentinel2_l2a_monthly.csv
    10_sentinel2_l2a_monthly/EPSG:32610_150_-2089_10.tif     the 10 m bands of one date, then of the next
    10_sentinel2_l2a_monthly/EPSG:32610_150_-2089_20.tif
    10_srtm.csv

A tile is 256 x 256 cells of its sensor's grid. SampleWindow (column, row) starts at x = column * 256 * gsd and
y = -row * 256 * gsd.
"""

from pathlib import Path

from spacenit_core.sensors.spec import BandGroup, SensorSpec

TILE_CELLS = 256
"""Cells along one side of a raw tile."""

YEAR_SUFFIX = "_monthly"


def series_name(spec: SensorSpec) -> str:
    """The name of a sensor's folder, and of its CSV without the extension."""
    return f"{spec.grid_gsd:g}_{spec.name}{YEAR_SUFFIX if spec.temporal else ''}"


def csv_path(root: Path, spec: SensorSpec) -> Path:
    """The CSV that lists a sensor's images."""
    return root / f"{series_name(spec)}.csv"


def raster_path(root: Path, spec: SensorSpec, group: BandGroup, crs: str, column: int, row: int) -> Path:
    """The GeoTIFF of one band group of a tile."""
    return root / series_name(spec) / f"{crs}_{column}_{row}_{group.gsd:g}.tif"
