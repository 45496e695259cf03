"""50 Cities as its authors lay it out: a folder per city with two rasters and a label image."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import read_location, read_raster, require_all
from spacenit_evals.benchmarks.dense.latest import Latest
from spacenit_evals.benchmarks.dense.source import SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import invented_days
from spacenit_evals.benchmarks.fifty_cities import palette
from spacenit_evals.benchmarks.fifty_cities.config import FLOOR, S1_BANDS, S2_BANDS, TILE, FiftyCities
from spacenit_evals.benchmarks.fifty_cities.splits import sides_of_tiles

_FILES = {"sentinel1": ("S1.tif", S1_BANDS), "sentinel2": ("S2.tif", S2_BANDS)}


@frozen(kw_only=True, eq=False)
class CityRasters:
    """Tiles of cities.

    Attributes:
        config: settings.
        folder: holds the cities.
        facts: what is known of the set.
        tiles: city, first row and first column of each sample.
        colours: of the label images.
        raster: reads a raster.
        labels_of: reads the labels of a city.
    """

    config: FiftyCities
    folder: Path
    facts: SourceFacts
    tiles: tuple[tuple[str, int, int], ...]
    colours: tuple[int, ...]
    raster: Latest[np.ndarray]
    labels_of: Latest[np.ndarray]

    @classmethod
    def of(cls, config: FiftyCities, folder: Path) -> Self:
        """Find the colours of all label images, and the tiles that hold pixels.

        Raises:
            DataError: where files are missing or damaged, or do not fit each other.
        """
        cities = sorted(path.parent.name for path in folder.glob("*/label.png"))
        files = [folder / city / name for city in cities for name in ("label.png", "S1.tif", "S2.tif")]
        require_all(files, folder)
        colours = palette.frequent_colours(palette.packed(_picture(folder / city / "label.png")) for city in cities)
        raster: Latest[np.ndarray] = Latest(read_raster, most=2)
        tiles = [tile for city in cities for tile in _tiles(folder / city, raster)]
        counts = {city: sum(tile[0] == city for tile in tiles) for city in cities}
        classes = palette.class_colours(colours)
        others = sum(path.is_dir() for path in folder.iterdir()) - len(cities)
        facts = SourceFacts(
            layout="the cities' rasters",
            digest=digest_of([config.variant, config.by, str(colours), *map(str, tiles)], files),
            classes=palette.names_of(classes),
            codes=classes,
            groups=np.repeat(np.arange(len(cities)), list(counts.values())),
            group="city",
            draws=published_split(sides_of_tiles(counts, config.by)),
            size=(TILE, TILE),
            dates_invented=True,
            told={"variant": config.variant, "divided_by": config.by},
            said={"cities_without_labels": others} if others else {},
        )
        return cls(
            config=config,
            folder=folder,
            facts=facts,
            tiles=tuple(tiles),
            colours=colours,
            raster=raster,
            labels_of=Latest(lambda path: palette.labels_of(palette.packed(_picture(path)), colours), most=1),
        )

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """Reflectance times 10,000 as stored, and decibels of the stored power."""
        city, row, column = self.tiles[number]
        found = {}
        for sensor in sensors:
            name, bands = _FILES[sensor]
            part = self.raster(self.folder / city / name)[:, row : row + TILE, column : column + TILE]
            values = np.moveaxis(part, 0, -1)[:, :, None].astype(np.float32)
            if sensor == "sentinel1":
                values = _decibels(values, floored=self.config.variant == "as_published")
            found[sensor] = SensorImages(values=values, bands=bands, days=invented_days())
        return found

    def label(self, number: int) -> np.ndarray:
        """The class of the colour, -1 for black and white."""
        city, row, column = self.tiles[number]
        return self.labels_of(self.folder / city / "label.png")[row : row + TILE, column : column + TILE]

    def location(self, number: int) -> tuple[float, float]:
        """The middle of the tile."""
        city, row, column = self.tiles[number]
        return read_location(self.folder / city / "S2.tif", row + TILE / 2, column + TILE / 2)


def _picture(path: Path) -> np.ndarray:
    found = read_raster(path)
    if len(found) < 3:
        raise DataError(f"{path} is no picture in colours", "copy it again")
    return found


def _tiles(place: Path, raster: Latest[np.ndarray]) -> list[tuple[str, int, int]]:
    """The whole tiles of a city that hold a pixel of Sentinel-2."""
    optical = raster(place / "S2.tif")
    shapes = {len(S2_BANDS): optical.shape, len(S1_BANDS): raster(place / "S1.tif").shape}
    height, width = _picture(place / "label.png").shape[1:]
    if any(shape != (bands, height, width) for bands, shape in shapes.items()):
        raise DataError(
            f"{place} has S2.tif {optical.shape}, S1.tif {shapes[2]} and label.png {(height, width)}",
            "12 bands, 2 bands and a picture of one size belong there",
        )
    corners = [(row, col) for row in range(0, height - TILE + 1, TILE) for col in range(0, width - TILE + 1, TILE)]
    return [(place.name, row, col) for row, col in corners if optical[:, row : row + TILE, col : col + TILE].any()]


def _decibels(power: np.ndarray, floored: bool) -> np.ndarray:
    """10 log10 of the power; where there is none, NaN or -60."""
    there = np.isfinite(power) & (power > FLOOR)
    decibels = 10.0 * np.log10(np.where(there, power, FLOOR))
    return decibels if floored else np.where(there, decibels, np.nan)
