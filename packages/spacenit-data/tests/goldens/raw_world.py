"""A small raw data set, made from a seed: numpy and rasterio only, so that any converter's environment can make it.

Tile A has everything, B gaps in time and two sensors of zeros, C too few images, D nodata and NaN, E no series. The
rasters of B, C and D are small (fractions of 256 pixels), so that every band group is resampled somewhere.
"""

import csv
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

A, B, C, D, E = (
    ("EPSG:32610", 150, -2089),
    ("EPSG:32610", 151, -2089),
    ("EPSG:32633", 180, -2000),
    ("EPSG:32733", 180, -3000),
    ("EPSG:32610", 9, -2089),
)
GROUPS = {  # sensor -> bands and name of the resolution of each group, side of its raster at full size, has time
    "sentinel2_l2a": ([(4, "10", 256), (6, "20", 128), (2, "40", 64)], True),
    "sentinel1": ([(2, "10", 256)], True),
    "landsat": ([(1, "10", 256), (10, "20", 128)], True),
    "worldcover": ([(1, "10", 256)], False),
    "srtm": ([(1, "10", 256)], False),
    "openstreetmap_raster": ([(30, "2.5", 1024)], False),
    "naip_10": ([(4, "0.625", 1024)], False),
    "era5_10": ([(6, "2560", 1)], True),
}
DTYPES = {
    "sentinel1": "float32",
    "srtm": "float32",
    "era5_10": "float32",
    "sentinel2_l2a": "uint16",
    "landsat": "uint16",
}
MONTHS = tuple(range(12))


def images(sensor: str, tile: tuple[str, int, int], steps: int, shrink: int) -> list[np.ndarray]:
    """The images of each band group: [T, C, side, side]."""
    out = []
    for number, (bands, _, side) in enumerate(GROUPS[sensor][0]):
        rng = np.random.default_rng([len(sensor), abs(tile[1]), abs(tile[2]), number])
        side = max(1, side // shrink)
        coarse = rng.uniform(0.1, 250, (steps, bands, max(1, side // 8), max(1, side // 8)))
        values = coarse.repeat(side // coarse.shape[-1], 2).repeat(side // coarse.shape[-1], 3)
        values += np.arange(side) / side + np.arange(side)[:, None] * 3 / side
        dtype = DTYPES.get(sensor, "uint8")
        values = values * (40 if dtype == "uint16" else 0.01 if sensor == "sentinel1" else 1)
        out.append(values.astype(dtype))
    return out


def tiles() -> list[tuple[tuple[str, int, int], int, dict[str, tuple[int, ...]]]]:
    """Each tile, how much smaller its rasters are, and the months of each sensor."""
    static = (0,)
    gaps = tuple(month for month in MONTHS if month not in (3, 7))
    return [
        (
            A,
            2,
            {"sentinel2_l2a": MONTHS, "sentinel1": MONTHS, "era5_10": MONTHS, "worldcover": static, "naip_10": static},
        ),
        (B, 8, {"sentinel2_l2a": gaps, "landsat": MONTHS, "openstreetmap_raster": static, "era5_10": MONTHS}),
        (C, 8, {"sentinel2_l2a": MONTHS[:9], "worldcover": static}),
        (D, 8, {"sentinel2_l2a": MONTHS, "sentinel1": gaps, "srtm": static, "openstreetmap_raster": static}),
        (E, 8, {"worldcover": static, "srtm": static}),
    ]


def spoil(sensor: str, tile: tuple[str, int, int], groups: list[np.ndarray]) -> None:
    """Put zeros, nodata and NaN where the tiles are said to have them."""
    if tile == B and sensor in ("openstreetmap_raster", "era5_10"):
        for group in groups:
            group[:] = 0
    if tile == D and sensor == "sentinel1":
        groups[0][4, 1, 3, 5] = -32768
    if tile == D and sensor == "srtm":
        groups[0][0, 0, 2, 2] = np.nan


def build(root: Path) -> dict[tuple[tuple[str, int, int], str], tuple[tuple[int, ...], list[np.ndarray]]]:
    """Write the data set; returns (tile, sensor) -> its months and the images of each band group."""
    truth = {}
    rows: dict[str, list[list[object]]] = {sensor: [] for sensor in GROUPS}
    for tile, shrink, sensors in reversed(tiles()):
        for sensor, months in sensors.items():
            groups = images(sensor, tile, len(months), shrink)
            spoil(sensor, tile, groups)
            truth[tile, sensor] = (months, groups)
            for (_, resolution, _), group in zip(GROUPS[sensor][0], groups, strict=True):
                _write(root / _name(sensor) / f"{tile[0]}_{tile[1]}_{tile[2]}_{resolution}.tif", group)
            for number, month in enumerate(months):
                start, end = (f"2021-{m + 1:02d}-{d:02d}T00:00:00+00:00" for m, d in ((month, 1), (month, 28)))
                rows[sensor].append([*tile, "2021-07-01T00:00:00+00:00", number, start, end])
    for sensor, lines in rows.items():
        with (root / f"{_name(sensor)}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["crs", "col", "row", "tile_time", "image_idx", "start_time", "end_time"])
            writer.writerows(lines)
    return truth


def _name(sensor: str) -> str:
    return f"10_{sensor}{'_monthly' if GROUPS[sensor][1] else ''}"


def _write(path: Path, group: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flat = group.reshape(-1, *group.shape[2:])
    profile = {
        "driver": "GTiff",
        "dtype": flat.dtype,
        "count": len(flat),
        "height": flat.shape[1],
        "width": flat.shape[2],
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile, interleave="band", compress="deflate", zlevel=1) as raster:
            raster.write(flat)
