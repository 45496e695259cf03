"""TerraMesh as GeoTIFFs: a file per tile and modality."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import read_location, read_raster, read_tag, require_all
from spacenit_evals.benchmarks.dense.latest import Latest
from spacenit_evals.benchmarks.dense.source import SensorImages, SourceFacts
from spacenit_evals.benchmarks.dense.windows import days_of
from spacenit_evals.benchmarks.grouped_folds import folds_with_classes
from spacenit_evals.benchmarks.terramesh.config import COVER, S1_BANDS, S2_BANDS, UNLABELLED, TerraMesh

_FILES = {"sentinel2_l2a": ("S2L2A", S2_BANDS, "LULC"), "sentinel1": ("S1RTC", S1_BANDS, "S1RTC")}
"""Sensor -> its folder, its bands, and the folder whose files state its date: Sentinel-2's stands beside the map."""


@frozen(kw_only=True, eq=False)
class TerraMeshTiles:
    """Parts of tiles.

    Attributes:
        config: settings.
        folder: holds the modalities.
        facts: what is known of the set.
        tiles: tile, first row and first column of each sample.
        days: tile and sensor -> the day of its image.
        raster: reads a file.
    """

    config: TerraMesh
    folder: Path
    facts: SourceFacts
    tiles: tuple[tuple[str, int, int], ...]
    days: dict[tuple[str, str], date]
    raster: Latest[np.ndarray]

    @classmethod
    def of(cls, config: TerraMesh, folder: Path) -> Self:
        """Read the maps and the dates.

        Raises:
            UserError: where tiles cannot be cut so, or folds do not fit.
            DataError: where files are missing or damaged, or have no date.
        """
        names = sorted(path.stem for path in (folder / "LULC").glob("*.tif"))
        files = [folder / place / f"{name}.tif" for name in names for place in ("LULC", *_places(config.used))]
        require_all(files, folder)
        raster, side = Latest(read_raster), config.tile
        maps = {name: _map(folder / "LULC" / f"{name}.tif") for name in names}
        odd = next((found.shape for found in maps.values() if found.shape[0] % side or found.shape[1] % side), None)
        if odd:
            raise UserError(
                f"tiles of {odd} pixels cannot be cut into parts of {side}", "choose 16, 32, 56, 112 or 224"
            )
        tiles = [
            (name, row, column)
            for name, found in maps.items()
            for row in range(0, found.shape[0], side)
            for column in range(0, found.shape[1], side)
        ]
        codes = tuple(sorted({int(code) for found in maps.values() for code in np.unique(found)} - set(UNLABELLED)))
        held = np.array([np.isin(codes, maps[name][row : row + side, col : col + side]) for name, row, col in tiles])
        groups = np.arange(len(tiles))
        days = {(name, sensor): _day(folder, name, sensor) for name in names for sensor in config.used}
        facts = SourceFacts(
            layout="GeoTIFFs by modality",
            digest=digest_of([str(side), *map(str, days.items())], files),
            classes=tuple(COVER[code] for code in codes),
            codes=codes,
            groups=groups,
            group=f"{side * config.ground_size:g} m of ground",
            draws=folds_with_classes(groups, held, folds=config.folds, draws=config.draws, seed=config.seed),
            size=(side, side),
            dates=(str(min(days.values())), str(max(days.values()))),
            told={"folds": config.folds, "draws": config.draws, "seed": config.seed},
            said={"labels": "a map product, and no ground truth"},
        )
        return cls(config=config, folder=folder, facts=facts, tiles=tuple(tiles), days=days, raster=raster)

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """Reflectance times 10,000 and decibels, as stored."""
        name, row, column = self.tiles[number]
        side, found = self.config.tile, {}
        for sensor in sensors:
            place, bands, _ = _FILES[sensor]
            path = self.folder / place / f"{name}.tif"
            stored = self.raster(path)
            expected = (len(bands), *self.raster(self.folder / "LULC" / f"{name}.tif").shape[1:])
            if stored.shape != expected:
                raise DataError(f"{path} has the shape {stored.shape} and not {expected}", "copy it again")
            part = np.moveaxis(stored[:, row : row + side, column : column + side], 0, -1)[:, :, None]
            days = days_of([self.days[name, sensor]])
            found[sensor] = SensorImages(values=part.astype(np.float32), bands=bands, days=days)
        return found

    def label(self, number: int) -> np.ndarray:
        """By place among the codes, -1 where the map is unknown or cloud."""
        name, row, column = self.tiles[number]
        side, codes = self.config.tile, np.array(self.facts.codes)
        found = self.raster(self.folder / "LULC" / f"{name}.tif")[0, row : row + side, column : column + side]
        return np.where(np.isin(found, UNLABELLED), -1, np.searchsorted(codes, found))

    def location(self, number: int) -> tuple[float, float]:
        """The middle of the part."""
        name, row, column = self.tiles[number]
        half = self.config.tile / 2
        return read_location(self.folder / "LULC" / f"{name}.tif", row + half, column + half)


def _places(sensors: Sequence[str]) -> list[str]:
    return [_FILES[sensor][0] for sensor in sensors]


def _map(path: Path) -> np.ndarray:
    found = read_raster(path, 1)[0]
    strange = sorted(set(np.unique(found).tolist()) - set(COVER) - set(UNLABELLED))
    if strange:
        raise DataError(f"{path} has the code {strange[0]}", f"codes are 0 to 9: {', '.join(COVER.values())}")
    return found


def _day(folder: Path, name: str, sensor: str) -> date:
    path = folder / _FILES[sensor][2] / f"{name}.tif"
    text = read_tag(path, "datetime")
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise DataError(f"{path} states no date: its tag datetime is {text!r}", "copy it again") from error
