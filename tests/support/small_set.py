"""A small set of tiles whose classes differ in their images, with labels, for packages above the data."""

from pathlib import Path

import numpy as np
import rasterio

from spacenit_data.h5.writer import H5SetWriter, Location, SampleArrays

CRS = "EPSG:32633"
LEFT, TOP = 500_000.0, 5_200_000.0
TILE, SIDE, DATES = 32, 2, 6


def class_map() -> np.ndarray:
    """Three classes in stripes of 4 cells that run across all tiles, uint8 [64, 64]."""
    return np.broadcast_to(((np.arange(SIDE * TILE) // 4) % 3 + 1)[:, None], (SIDE * TILE,) * 2).astype(np.uint8)


def write_labels(folder: Path, every: int = 8) -> Path:
    """The class of one cell among so many along each side."""
    codes = np.zeros_like(class_map())
    codes[2::every, 2::every] = class_map()[2::every, 2::every]
    grid = rasterio.Affine(10.0, 0.0, LEFT, 0.0, -10.0, TOP)
    height, width = codes.shape
    with rasterio.open(
        folder / "labels.tif",
        "w",
        driver="GTiff",
        width=width,
        height=height,
        count=1,
        dtype="uint8",
        crs=CRS,
        transform=grid,
        nodata=0,
    ) as file:
        file.write(codes, 1)
    return folder / "labels.tif"


def write_set(folder: Path, sensors: tuple[str, ...] = ("sentinel2_l2a", "sentinel1")) -> Path:
    """Four samples of six months; class c is brightest in month 2 * c, and dark in the infrared then."""
    rng = np.random.default_rng(0)
    writer = H5SetWriter(folder, sensors, count=SIDE**2, tile_size=TILE)
    codes = class_map()
    for index in range(SIDE**2):
        row, column = (TILE * place for place in divmod(index, SIDE))
        here = codes[row : row + TILE, column : column + TILE]
        season = np.exp(-((np.arange(DATES) - 2.0 * here[..., None] + 2.0) ** 2))[..., None]
        optical = 800 + 1500 * season * np.linspace(1.5, -0.2, 12) + rng.normal(0, 100, (TILE, TILE, DATES, 12))
        radar = -14 + 3 * season + rng.normal(0, 1.0, (TILE, TILE, DATES, 2))
        bands = {"sentinel2_l2a": optical.clip(1).astype(np.uint16), "sentinel1": radar.astype(np.float32)}
        writer.write(
            index,
            SampleArrays(
                bands={name: bands[name] for name in sensors},
                present={name: np.ones(DATES, bool) for name in sensors},
                timestamps=np.array([(1, month, 2020) for month in range(DATES)], dtype=np.int32),
                latlon=np.array([46.9, 15.0], dtype=np.float32),
                location=Location(CRS, LEFT + 10 * column, TOP - 10 * row, 10.0),
            ),
        )
    return writer.finish()
