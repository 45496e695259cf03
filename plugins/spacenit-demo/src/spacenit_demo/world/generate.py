"""Writing the world to disk: an H5 set, label rasters, and a file that says that all of it is there."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio
from attrs import frozen
from rasterio.warp import transform

from spacenit_core.checkpoint.files import write_atomically
from spacenit_core.rng import generator
from spacenit_data.h5.writer import H5SetWriter, Location, SampleArrays, SampleRecord
from spacenit_demo.world.labels import sample_points
from spacenit_demo.world.landscape import MONTHS, SERIES, Landscape, make_landscape
from spacenit_demo.world.terrain import CELL

VERSION = 1
"""Part of the world's folder name; raised by every change that alters a pixel or a label."""

SENSORS = ("landsat", "sentinel1", "sentinel2_l2a", "srtm", "worldcover")
CRS = "EPSG:32633"
_RECORD = "world.json"

# How often a tile has a sensor, and how often an incomplete series lacks a month: near the rates of real archives.
_PRESENT = {"sentinel2_l2a": 0.98, "sentinel1": 0.90, "landsat": 0.92, "srtm": 0.98, "worldcover": 0.98}
_INCOMPLETE = 0.5
_MONTH_LACKING = {"sentinel2_l2a": 0.08, "sentinel1": 0.15, "landsat": 0.20}


@frozen(kw_only=True)
class WorldSize:
    """How much world there is.

    Attributes:
        landscapes: separate landscapes, each with its own relief, climate, skies and year.
        tiles: tiles along one side of a landscape.
        tile_size: cells along one side of a tile.
    """

    landscapes: int = 6
    tiles: int = 4
    tile_size: int = 64

    @property
    def samples(self) -> int:
        """Tiles of all landscapes."""
        return self.landscapes * self.tiles**2


@frozen(kw_only=True)
class World:
    """Where a world lies on disk.

    Attributes:
        folder: all of it.
        h5py_dir: the H5 set.
        points: per landscape, a GeoTIFF with the labelled pixels (0 is no label).
        truth: per landscape, a GeoTIFF with the label of every pixel.
    """

    folder: Path
    h5py_dir: Path
    points: tuple[Path, ...]
    truth: tuple[Path, ...]

    @property
    def is_made(self) -> bool:
        """Whether all of it is on disk."""
        return (self.folder / _RECORD).exists()


def world_at(root: Path, seed: int = 0, size: WorldSize | None = None) -> World:
    """Where the world of a seed lies below `root`, whether it has been made or not."""
    size = size or WorldSize()
    folder = root / f"world_v{VERSION}_seed{seed}_{size.landscapes}x{size.tiles}x{size.tile_size}"
    named = [f"landscape_{number}.tif" for number in range(size.landscapes)]
    return World(
        folder=folder,
        h5py_dir=_writer(folder, size).folder,
        points=tuple(folder / "labels" / name for name in named),
        truth=tuple(folder / "truth" / name for name in named),
    )


def make_world(
    root: Path, seed: int = 0, size: WorldSize | None = None, progress: Callable[[int, int], None] | None = None
) -> World:
    """Make the world below `root`, or find the one that is there.

    Args:
        root: a folder of this name and version is made below it.
        seed: the world's seed; equal seeds give equal files.
        size: how much world.
        progress: called with the number of finished tiles and of all tiles.
    """
    size, world = size or WorldSize(), world_at(root, seed, size)
    if not world.is_made:
        world.folder.mkdir(parents=True, exist_ok=True)
        _write(world, seed, size, progress or (lambda finished, total: None))
        record = {"version": VERSION, "seed": seed, "h5py_dir": str(world.h5py_dir.relative_to(world.folder))}
        write_atomically(world.folder / _RECORD, (json.dumps(record, indent=2) + "\n").encode())
    return world


def _writer(folder: Path, size: WorldSize) -> H5SetWriter:
    return H5SetWriter(folder, SENSORS, count=size.samples, tile_size=size.tile_size, compression_opts=3)


def _write(world: World, seed: int, size: WorldSize, progress: Callable[[int, int], None]) -> None:
    writer = _writer(world.folder, size)
    records: list[SampleRecord] = []
    for number in range(size.landscapes):
        corner = _corner(seed, number)
        side = size.tiles * size.tile_size
        middle = transform(CRS, "EPSG:4326", [corner[0] + side * CELL / 2], [corner[1] - side * CELL / 2])
        landscape = make_landscape(seed, number, size=side, latitude=middle[1][0])
        points = sample_points(seed, number, landscape.labels, size.tile_size)
        write_raster(world.points[number], points, corner)
        write_raster(world.truth[number], landscape.labels, corner)
        for tile in range(size.tiles**2):
            index = number * size.tiles**2 + tile
            records.append(writer.write(index, _cut(seed, landscape, size, index, tile, corner)))
            progress(len(records), size.samples)
    writer.finish(records)


def _corner(seed: int, landscape: int) -> tuple[float, float]:
    """Left and top of a landscape in the world's CRS: each in a region of its own, on the 60 m grid."""
    rng = generator(seed, "demo place", landscape)
    east, north = rng.integers(0, 500, size=2) * 60.0
    return 320_040.0 + 60_000.0 * landscape + east, 5_280_000.0 + north


def _cut(
    seed: int, landscape: Landscape, size: WorldSize, index: int, tile: int, corner: tuple[float, float]
) -> SampleArrays:
    """One tile of a landscape, without the sensors and months that its archive lacks."""
    rng = generator(seed, "demo archive", index)
    row, column = (size.tile_size * number for number in divmod(tile, size.tiles))
    window = slice(row, row + size.tile_size), slice(column, column + size.tile_size)
    has = [name for name in SENSORS if rng.random() < _PRESENT[name]]
    if not set(has) & set(SERIES):
        has.append("sentinel2_l2a")
    bands, present = {}, {}
    for name in has:
        bands[name] = landscape.images[name][window]
        if name in SERIES:
            present[name] = _months(rng, name)
            bands[name] = bands[name][:, :, present[name]]
    left, top = corner[0] + column * CELL, corner[1] - row * CELL
    half = size.tile_size * CELL / 2
    longitude, latitude = transform(CRS, "EPSG:4326", [left + half], [top - half])
    return SampleArrays(
        bands=bands,
        present=present,
        timestamps=np.array([(1, month, landscape.year) for month in range(MONTHS)], dtype=np.int32),
        latlon=np.array([latitude[0], longitude[0]], dtype=np.float32),
        location=Location(CRS, left, top, CELL),
    )


def _months(rng: np.random.Generator, sensor: str) -> np.ndarray:
    """Which months a series has, at least one."""
    incomplete = rng.random() < _INCOMPLETE
    present = rng.random(MONTHS) >= (_MONTH_LACKING[sensor] if incomplete else 0.0)
    present[rng.integers(MONTHS)] = True
    return present


def write_raster(path: Path, codes: np.ndarray, corner: tuple[float, float]) -> None:
    """Write label codes as a one-band GeoTIFF in the world's CRS; 0 is no data.

    Args:
        path: the file.
        codes: uint8 ``[H, W]``.
        corner: left and top in metres.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    grid = rasterio.Affine(CELL, 0.0, corner[0], 0.0, -CELL, corner[1])
    profile = {"driver": "GTiff", "width": codes.shape[1], "height": codes.shape[0], "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", **profile, crs=CRS, transform=grid, nodata=0, compress="deflate") as file:
        file.write(codes, 1)
