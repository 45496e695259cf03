"""Sen1Floods11 as its publisher lays it out: a GeoTIFF per chip and sensor, and lists of the chips of each side."""

import csv
import json
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
from spacenit_evals.benchmarks.dense.folds import folds_of_groups
from spacenit_evals.benchmarks.dense.latest import Latest
from spacenit_evals.benchmarks.dense.sides import read_lines, sides_of
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, VALIDATION, SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import days_of
from spacenit_evals.benchmarks.folder.config import INVENTED_DATE
from spacenit_evals.benchmarks.ground_blocks import numbered
from spacenit_evals.benchmarks.sen1floods11.config import CLASSES, S1_BANDS, S2_BANDS, Sen1Floods11

_SENSORS = {"sentinel1": ("S1Hand", "s1", S1_BANDS), "sentinel2": ("S2Hand", "s2", S2_BANDS)}
"""Sensor -> the folder that the publisher names, that of others, and the bands of its files."""

METADATA = "Sen1Floods11_Metadata.geojson"

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
        lists = _lists(config, root)
        names, sides = sides_of(lists, root) if lists else (_all(place), None)
        files = [_label(place, name) for name in names]
        files += [_image(place, name, sensor) for sensor in config.used for name in names]
        require_all(files, place)
        raster = Latest(read_raster)
        size = raster(files[0]).shape[1:]
        if size[0] % config.tile or size[1] % config.tile:
            raise UserError(f"chips of {size} pixels cannot be cut into tiles of {config.tile}", "choose a part of 512")
        corners = [(row, col) for row in range(0, size[0], config.tile) for col in range(0, size[1], config.tile)]
        all_tiles = [(name, *corner) for name in names for corner in corners]
        kept = (
            _kept(config, place, all_tiles, raster)
            if config.variant == "as_published"
            else np.ones(len(all_tiles), bool)
        )
        tiles = tuple(tile for tile, keep in zip(all_tiles, kept, strict=True) if keep)
        if sides is None:
            groups = np.arange(len(tiles))
            draws = _folds(config, place, tiles, raster)
        else:
            groups = numbered(name for name, _, _ in tiles)
            draws = published_split(np.repeat(sides, len(corners))[kept])
        days = _days(root / METADATA)
        used = [days.get((_flood(name), sensor)) for name in names for sensor in config.used]
        known = sorted(str(day) for day in used if day is not None)
        divided = {} if sides is not None else {"folds": config.folds, "draws": config.draws, "seed": config.seed}
        facts = SourceFacts(
            layout="the publisher's chips" if sides is not None else "the publisher's chips, without its lists",
            digest=digest_of([config.variant, config.test_split, *map(str, tiles), str(sides), str(days)], files),
            classes=CLASSES,
            groups=groups,
            group="chip" if sides is not None else f"{config.tile * 10} m of ground",
            draws=draws,
            size=(config.tile, config.tile),
            dates=(known[0], known[-1]) if len(known) == len(used) else None,
            dates_invented=not known,
            told={"variant": config.variant, "tested": config.test_split if sides is not None else "folds", **divided},
            said=_said(config, all_tiles, kept, used),
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
        return read_location(_label(self.place, name), row + half, column + half)

    def _image(self, name: str, row: int, column: int, sensor: str) -> SensorImages:
        path, bands, side = _image(self.place, name, sensor), _SENSORS[sensor][2], self.config.tile
        stored = self.raster(path)
        expected = (len(bands), *self.raster(_label(self.place, name)).shape[1:])
        if stored.shape != expected:
            raise DataError(
                f"{path} has the shape {stored.shape} and not {expected}", "copy it again from its publisher"
            )
        values = np.moveaxis(stored[:, row : row + side, column : column + side], 0, -1)[:, :, None].astype(np.float32)
        day = self.days.get((_flood(name), sensor), INVENTED_DATE)
        return SensorImages(values=values, bands=bands, days=days_of([day]))


def _lists(config: Sen1Floods11, root: Path) -> dict[int, list[str]]:
    """Side -> chips; empty where the publisher's lists are not there at all.

    Raises:
        DataError: where some are.
    """
    names = {TRAIN: "train", VALIDATION: "valid", TEST: config.test_split}
    for folder in (root / "splits" / "flood_handlabeled", root):
        paths = {side: folder / f"flood_{name}_data.csv" for side, name in names.items()}
        if any(path.is_file() for path in paths.values()):
            require_all(list(paths.values()), root)
            return {side: _chips(path) for side, path in paths.items()}
    return {}


def _chips(path: Path) -> list[str]:
    """The chips that a list names in its second column."""
    suffix = "_LabelHand.tif"
    rows = list(csv.reader(read_lines(path)))
    wrong = [row for row in rows if len(row) < 2 or not row[1].strip().endswith(suffix)]
    if wrong:
        raise DataError(f"{path} has the row {','.join(wrong[0])}", f"rows name an image and a label NAME{suffix}")
    return [row[1].strip().removesuffix(suffix) for row in rows]


def _all(place: Path) -> tuple[str, ...]:
    names = sorted(path.name.removesuffix("_LabelHand.tif") for path in (place / "LabelHand").glob("*_LabelHand.tif"))
    if not names:
        raise DataError(f"{place / 'LabelHand'} holds no NAME_LabelHand.tif", "copy the chips again")
    return tuple(names)


def _label(place: Path, name: str) -> Path:
    return place / "LabelHand" / f"{name}_LabelHand.tif"


def _image(place: Path, name: str, sensor: str) -> Path:
    own, other, _ = _SENSORS[sensor]
    folder = place / other if (place / other).is_dir() and not (place / own).is_dir() else place / own
    return folder / f"{name}_{own}.tif"


def _flood(name: str) -> str:
    return name.rpartition("_")[0].lower()


def _tile_label(place: Path, tile: Tile, side: int, raster: Latest[np.ndarray]) -> np.ndarray:
    name, row, column = tile
    path = _label(place, name)
    found = raster(path)[0, row : row + side, column : column + side].astype(np.int64)
    if found.shape != (side, side):
        raise DataError(f"{path} is smaller than the other chips", "copy it again from its publisher")
    return checked_classes(found, len(CLASSES), path)


def _kept(config: Sen1Floods11, place: Path, tiles: list[Tile], raster: Latest[np.ndarray]) -> np.ndarray:
    """Which tiles hold water, and no missing pixel of Sentinel-1, bool ``[n]``."""
    keep, side = np.zeros(len(tiles), bool), config.tile
    for number, (name, row, column) in enumerate(tiles):
        if (_tile_label(place, (name, row, column), side, raster) > 0).any():
            radar = raster(_image(place, name, "sentinel1"))[:, row : row + side, column : column + side]
            keep[number] = np.isfinite(radar).all()
    return keep


def _folds(config: Sen1Floods11, place: Path, tiles: Sequence[Tile], raster: Latest[np.ndarray]) -> tuple[Draw, ...]:
    held = np.zeros((len(tiles), len(CLASSES)), bool)
    for number, tile in enumerate(tiles):
        found = _tile_label(place, tile, config.tile, raster)
        held[number] = [(found == label).any() for label in range(len(CLASSES))]
    groups = np.arange(len(tiles))
    return folds_of_groups(groups, held, folds=config.folds, draws=config.draws, seed=config.seed)


def _days(path: Path) -> dict[tuple[str, str], date]:
    """When each flood was seen by each sensor, where the publisher's file says it."""
    if not path.is_file():
        return {}
    found = {}
    try:
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            facts = feature["properties"]
            for sensor, key in (("sentinel1", "s1_date"), ("sentinel2", "s2_date")):
                found[str(facts["location"]).lower(), sensor] = date.fromisoformat(facts[key].replace("/", "-")[:10])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} cannot be read: {error!r}", "copy it again from its publisher") from error
    return found


def _said(config: Sen1Floods11, tiles: list[Tile], kept: np.ndarray, days: list[date | None]) -> dict[str, object]:
    said: dict[str, object] = {}
    if not kept.all():
        said["tiles_left_out"] = f"{(~kept).sum()} of {len(tiles)} without water, or with missing pixels of Sentinel-1"
    undated = sum(day is None for day in days)
    if 0 < undated < len(days):
        said["dates"] = f"{undated} of {len(days)} images have none; {INVENTED_DATE} stands for them"
    return said
