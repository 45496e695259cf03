"""Sen1Floods11 as its publisher lays it out: a GeoTIFF per chip and sensor, and lists of the chips of each side."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import Draw
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import checked_classes, read_location, read_raster, require_all
from spacenit_evals.benchmarks.dense.latest import Latest
from spacenit_evals.benchmarks.dense.source import SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import days_of
from spacenit_evals.benchmarks.folder.config import INVENTED_DATE
from spacenit_evals.benchmarks.ground_blocks import numbered
from spacenit_evals.benchmarks.grouped_folds import folds_with_classes
from spacenit_evals.benchmarks.sen1floods11.config import CLASSES, Sen1Floods11
from spacenit_evals.benchmarks.sen1floods11.files import (
    METADATA,
    SENSORS,
    flood_of,
    image_file,
    label_file,
    listed_chips,
    read_days,
)

Tile = tuple[str, int, int]
"""The chip, the first row and the first column."""


@frozen(kw_only=True, eq=False)
class FloodChips:
    """Tiles of chips.

    Attributes:
        config: settings.
        place: holds LabelHand and the sensors' folders.
        facts: what is known of the set.
        tiles: each sample's chip and corner.
        days: flood and sensor -> the day of its images; those that are not listed have none.
        raster: reads a file.
    """

    config: Sen1Floods11
    place: Path
    facts: SourceFacts
    tiles: tuple[Tile, ...]
    days: dict[tuple[str, str], date]
    raster: Latest[np.ndarray]

    @classmethod
    def of(cls, config: Sen1Floods11, root: Path, place: Path) -> Self:
        """Find the files of all chips.

        Raises:
            UserError: where chips cannot be cut into tiles of that size, or folds do not fit.
            DataError: where lists or files are missing or damaged.
        """
        names, sides = listed_chips(config, root, place)
        files = [label_file(place, name) for name in names]
        files += [image_file(place, name, sensor) for sensor in config.used for name in names]
        require_all(files, place)
        raster = Latest(read_raster)
        whole = _tiles(names, raster(files[0]).shape[1:], config.tile)
        kept = _kept(config, place, whole, raster)
        tiles = tuple(tile for tile, keep in zip(whole, kept, strict=True) if keep)
        days = read_days(root / METADATA)
        used = [days.get((flood_of(name), sensor)) for name in names for sensor in config.used]
        known = sorted(str(day) for day in used if day is not None)
        division = _by_folds(config, place, tiles, raster) if sides is None else _by_lists(names, sides, tiles)
        facts = SourceFacts(
            layout="the publisher's chips" if sides is not None else "the publisher's chips, without its lists",
            digest=digest_of([config.variant, config.test_split, *map(str, tiles), str(sides), str(days)], files),
            classes=CLASSES,
            groups=division.groups,
            group=division.group,
            draws=division.draws,
            size=(config.tile, config.tile),
            dates=(known[0], known[-1]) if len(known) == len(used) else None,
            dates_invented=not known,
            told={"variant": config.variant, **_told(config, sides)},
            said=_said(whole, kept, used),
        )
        return cls(config=config, place=place, facts=facts, tiles=tiles, days=days, raster=raster)

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """Decibels and reflectance times 10,000, as stored."""
        name, row, column = self.tiles[number]
        return {sensor: self._image(name, row, column, sensor) for sensor in sensors}

    def label(self, number: int) -> np.ndarray:
        """0 dry, 1 water, -1 unknown."""
        return _tile_label(self.place, self.tiles[number], self.config.tile, self.raster)

    def location(self, number: int) -> tuple[float, float]:
        """The middle of the tile."""
        name, row, column = self.tiles[number]
        half = self.config.tile / 2
        return read_location(label_file(self.place, name), row + half, column + half)

    def _image(self, name: str, row: int, column: int, sensor: str) -> SensorImages:
        path, bands, side = image_file(self.place, name, sensor), SENSORS[sensor][2], self.config.tile
        stored = self.raster(path)
        expected = (len(bands), *self.raster(label_file(self.place, name)).shape[1:])
        if stored.shape != expected:
            raise DataError(
                f"{path} has the shape {stored.shape} and not {expected}", "copy it again from its publisher"
            )
        values = np.moveaxis(stored[:, row : row + side, column : column + side], 0, -1)[:, :, None].astype(np.float32)
        day = self.days.get((flood_of(name), sensor), INVENTED_DATE)
        return SensorImages(values=values, bands=bands, days=days_of([day]))


def _tile_label(place: Path, tile: Tile, side: int, raster: Latest[np.ndarray]) -> np.ndarray:
    name, row, column = tile
    path = label_file(place, name)
    found = raster(path)[0, row : row + side, column : column + side].astype(np.int64)
    if found.shape != (side, side):
        raise DataError(f"{path} is smaller than the other chips", "copy it again from its publisher")
    return checked_classes(found, len(CLASSES), path)


def _tiles(names: Sequence[str], size: tuple[int, ...], side: int) -> list[Tile]:
    """All tiles of all chips.

    Raises:
        UserError: where chips cannot be cut so.
    """
    if size[0] % side or size[1] % side:
        raise UserError(f"chips of {size} pixels cannot be cut into tiles of {side}", "choose a part of 512")
    return [
        (name, row, column) for name in names for row in range(0, size[0], side) for column in range(0, size[1], side)
    ]


def _kept(config: Sen1Floods11, place: Path, tiles: list[Tile], raster: Latest[np.ndarray]) -> np.ndarray:
    """Which tiles are used, bool ``[n]``: all, or as published those with water and all pixels of Sentinel-1."""
    if config.variant == "corrected":
        return np.ones(len(tiles), bool)
    keep, side = np.zeros(len(tiles), bool), config.tile
    for number, (name, row, column) in enumerate(tiles):
        if (_tile_label(place, (name, row, column), side, raster) > 0).any():
            radar = raster(image_file(place, name, "sentinel1"))[:, row : row + side, column : column + side]
            keep[number] = np.isfinite(radar).all()
    return keep


@frozen(eq=False)
class _Division:
    """Groups of tiles, what those of one group share, and the draws."""

    groups: np.ndarray
    group: str
    draws: tuple[Draw, ...]


def _by_lists(names: Sequence[str], sides: np.ndarray, tiles: Sequence[Tile]) -> _Division:
    side_of = dict(zip(names, sides.tolist(), strict=True))
    split = published_split(np.array([side_of[name] for name, _, _ in tiles]))
    return _Division(numbered(name for name, _, _ in tiles), "chip", split)


def _by_folds(config: Sen1Floods11, place: Path, tiles: Sequence[Tile], raster: Latest[np.ndarray]) -> _Division:
    held = np.zeros((len(tiles), len(CLASSES)), bool)
    for number, tile in enumerate(tiles):
        found = _tile_label(place, tile, config.tile, raster)
        held[number] = [(found == label).any() for label in range(len(CLASSES))]
    groups = np.arange(len(tiles))
    draws = folds_with_classes(groups, held, folds=config.folds, draws=config.draws, seed=config.seed)
    return _Division(groups, f"{config.tile * config.ground_size:g} m of ground", draws)


def _told(config: Sen1Floods11, sides: np.ndarray | None) -> dict[str, object]:
    if sides is not None:
        return {"tested": config.test_split}
    return {"tested": "folds", "folds": config.folds, "draws": config.draws, "seed": config.seed}


def _said(tiles: list[Tile], kept: np.ndarray, days: list[date | None]) -> dict[str, object]:
    said: dict[str, object] = {}
    if not kept.all():
        said["tiles_left_out"] = f"{(~kept).sum()} of {len(tiles)} without water, or with missing pixels of Sentinel-1"
    undated = sum(day is None for day in days)
    if 0 < undated < len(days):
        said["dates"] = f"{undated} of {len(days)} images have none; {INVENTED_DATE} stands for them"
    return said
