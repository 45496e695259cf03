"""Samples of a set of H5 files with one of their maps as label."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.source import UNUSED, SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import days_of
from spacenit_evals.benchmarks.map_targets.config import MapTarget
from spacenit_evals.benchmarks.map_targets.division import DEGREES, divide, squares
from spacenit_evals.benchmarks.map_targets.targets import MapLabels, check_target, map_labels


@frozen(kw_only=True, eq=False)
class MapTiles:
    """Windows in the middle of tiles.

    Attributes:
        facts: what is known of the set.
        images_of: the set with the inputs.
        maps: the set with the map.
        place: for each sample, its place in the two.
        labels: how values become labels.
        cells: along one side of a window.
    """

    facts: SourceFacts
    images_of: H5Tiles
    maps: H5Tiles
    place: tuple[tuple[int, int], ...]
    labels: MapLabels
    cells: int

    @classmethod
    def of(cls, config: MapTarget, folder: Path) -> Self:
        """Choose samples that have the map and all inputs, and divide them.

        Raises:
            UserError: where the set has no such map or input, or too few samples.
            DataError: where it is damaged.
        """
        spec = SENSORS.get(config.target)
        check_target(spec, config.predicts)
        months = config.months_from or 0
        maps = H5Tiles(folder, [spec], months_from=months)
        images_of = H5Tiles(folder, list(config.used), months_from=months)
        images_of.checked_months()
        numbers = np.intersect1d(_holding(maps, spec), _common(images_of, config.used))
        if not len(numbers):
            raise UserError(
                f"no sample of {folder} has {spec.name} and {' and '.join(config.used)}", "choose another map"
            )
        at = np.searchsorted(maps.numbers, numbers)
        square = squares(maps.index.latlon[at])
        sides = divide(config, square)
        used = sides != UNUSED
        place = tuple(zip(np.searchsorted(images_of.numbers, numbers[used]), at[used], strict=True))
        cells = min(config.cells, maps.tile_size or config.cells)
        labels = map_labels(spec, config.predicts, _all_values(maps, at[used], spec, cells))
        known = (square[used] >= 0).all()
        names = [f"{number} {side}" for number, side in zip(numbers[used], sides[used], strict=True)]
        files = [maps.path(number) for number in at[used]]
        side = cells * spec.pixels_per_cell
        facts = SourceFacts(
            layout="H5 samples",
            digest=digest_of([maps.version(), config.target, str(cells), str(months), *names], files),
            classes=labels.classes,
            codes=labels.codes,
            groups=square[used] if known else np.arange(int(used.sum())),
            group=f"{DEGREES:g} degrees of latitude and longitude" if known else "",
            draws=published_split(sides[used]),
            size=(side, side),
            cells=(cells, cells),
            told={"target": config.target, "split": config.split, "seed": config.seed, "cells": cells},
            said={"labels": "a map product, and no ground truth", "samples_without_map": len(images_of) - len(numbers)},
        )
        return cls(facts=facts, images_of=images_of, maps=maps, place=place, labels=labels, cells=cells)

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """As stored, by the dates of the sample."""
        window = _middle(self.images_of, int(self.place[number][0]), self.cells)
        found = {}
        for name in sensors:
            if name in window.bands:
                values = window.bands[name].astype(np.float32)
                values[values == NODATA] = np.nan
                stamps = window.timestamps[window.present[name]]
                days = days_of(date(int(year), int(month) + 1, int(day)) for day, month, year in stamps)
                found[name] = SensorImages(values=values, bands=self.images_of.sensors[name].bands, days=days)
        return found

    def label(self, number: int) -> np.ndarray:
        """Classes with -1, or values with NaN where the map is missing."""
        (spec,) = self.maps.sensors
        return self.labels.label(_values(self.maps, int(self.place[number][1]), spec, self.cells))

    def location(self, number: int) -> tuple[float, float]:
        """Of the tile."""
        lat, lon = self.maps.index.latlon[self.place[number][1]]
        return float(lat), float(lon)


def _holding(tiles: H5Tiles, spec: SensorSpec) -> np.ndarray:
    return tiles.numbers[tiles.index.listed[spec.name]]


def _common(tiles: H5Tiles, sensors: Sequence[str]) -> np.ndarray:
    absent = [name for name in sensors if name not in tiles.index.listed]
    if absent:
        raise UserError(f"{tiles.source} has no {absent[0]}", "choose other inputs: --benchmark.sensors=[...]")
    return tiles.numbers[np.logical_and.reduce([tiles.index.listed[name] for name in sensors])]


def _all_values(tiles: H5Tiles, places: np.ndarray, spec: SensorSpec, cells: int) -> Iterator[np.ndarray]:
    return (_values(tiles, int(place), spec, cells) for place in places)


def _values(tiles: H5Tiles, place: int, spec: SensorSpec, cells: int) -> np.ndarray:
    """The map of a sample ``[H, W, C]``."""
    return _middle(tiles, place, cells).bands[spec.name][:, :, 0]


def _middle(tiles: H5Tiles, place: int, cells: int) -> SampleWindow:
    start = ((tiles.tile_size or cells) - cells) // 2
    return tiles.read_window(place, row=start, column=start, cells=cells)
