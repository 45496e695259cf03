"""Windows of rslearn as samples: their layers read, brought to one grid and one size."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_data.tile.grid import WGS84, project
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import checked_classes, read_raster
from spacenit_evals.benchmarks.dense.source import (
    TEST,
    TRAIN,
    UNUSED,
    VALIDATION,
    SensorImages,
    SourceFacts,
    published_split,
)
from spacenit_evals.benchmarks.dense.windows import days_of
from spacenit_evals.benchmarks.ground_blocks import numbered
from spacenit_evals.benchmarks.linear_power import decibels_of
from spacenit_evals.benchmarks.rslearn.config import S1_BANDS, S2_BANDS, RslearnConfig
from spacenit_evals.benchmarks.rslearn.windows import Window, chosen_groups, read_windows
from spacenit_evals.benchmarks.series.months import MIDDLE

_BANDS = {"sentinel2": S2_BANDS, "sentinel1": S1_BANDS}
_BLOCK = 128
"""Pixels along one side of the squares of ground that the publisher deals to the sides of the split."""


@frozen(kw_only=True, eq=False)
class RslearnLayers:
    """Windows that have a split.

    Attributes:
        config: settings.
        facts: what is known of the set.
        windows: of the samples.
    """

    config: RslearnConfig
    facts: SourceFacts
    windows: tuple[Window, ...]

    @classmethod
    def of(cls, config: RslearnConfig, folder: Path) -> Self:
        """Read what all windows say of themselves.

        Raises:
            UserError: for a group of windows that is not there.
            DataError: where windows are damaged, lack a layer or a date, or there is nothing to train on or to test.
        """
        groups = chosen_groups(folder, config.window_group)
        found = read_windows(folder, groups)
        windows = tuple(window for window in found if window.side != UNUSED)
        sides, said = _sides(windows, folder)
        if config.variant == "as_published":
            said["dates"] = "made up: one month after the other from September 2022 on"
        if len(windows) < len(found):
            said["windows_without_split"] = len(found) - len(windows)
        files, days = [], []
        for window in windows:
            files.append(_label_file(config, window))
            for sensor in config.used:
                for _, day, paths in _groups(config, window, sensor):
                    days.append(day)
                    files.extend(paths.values())
        facts = SourceFacts(
            layout="windows of rslearn",
            digest=digest_of([config.variant, str(config.cells), str(sides.tolist()), *map(str, days)], files),
            classes=config.classes,
            groups=numbered(_block(window) for window in windows),
            group=f"{_BLOCK * config.ground_size:g} m of ground",
            draws=published_split(sides),
            size=(config.cells, config.cells),
            dates=(str(min(days)), str(max(days))) if config.variant == "corrected" else None,
            dates_invented=config.variant == "as_published",
            told={"variant": config.variant, "cells": config.cells, "window_groups": ", ".join(groups)},
            said=said,
        )
        return cls(config=config, facts=facts, windows=windows)

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """Reflectance times 10,000 and decibels, by the dates that the window states."""
        window = self.windows[number]
        return {sensor: self._series(window, sensor) for sensor in sensors}

    def label(self, number: int) -> np.ndarray:
        """Classes with -1, or the target with NaN where there is no label."""
        window = self.windows[number]
        path = _label_file(self.config, window)
        stored = self._sized(read_raster(path, 1), window, path)[0]
        there = np.isfinite(stored) & ~np.isin(stored, self.config.unlabelled)
        if self.config.predicts == "pixel_regression":
            return np.where(there, stored, np.nan).astype(np.float32)
        return checked_classes(np.where(there, stored, -1).astype(np.int64), len(self.config.classes), path)

    def location(self, number: int) -> tuple[float, float]:
        """The middle of the window."""
        window = self.windows[number]
        lon, lat = project(_system(window.crs), WGS84, *window.middle)
        return float(lat[0]), float(lon[0])

    def _series(self, window: Window, sensor: str) -> SensorImages:
        bands = _BANDS[sensor]
        images, days = [], []
        for _, day, paths in _groups(self.config, window, sensor):
            pixels: dict[str, np.ndarray] = {}
            for names, path in paths.items():
                pixels.update(zip(names, self._sized(read_raster(path, len(names)), window, path), strict=True))
            images.append(np.stack([pixels[band] for band in bands], axis=-1))
            days.append(day)
        values = np.stack(images, axis=2)
        if self.config.variant == "as_published":
            days = _published(days)
        return SensorImages(
            values=decibels_of(values) if sensor == "sentinel1" else values, bands=bands, days=days_of(days)
        )

    def _sized(self, stored: np.ndarray, window: Window, path: Path) -> np.ndarray:
        """Float32 ``[C, cells, cells]`` on the window's grid, around its middle, NaN beyond it."""
        left, top, right, bottom = window.bounds
        height, width = bottom - top, right - left
        fine = _refined(stored, window.bounds)
        if fine is None:
            raise DataError(
                f"{path} has {stored.shape[1:]} pixels, and its window {(height, width)}", "unpack the set again"
            )
        side = self.config.cells
        out = np.full((len(fine), side, side), np.nan, np.float32)
        rows, columns = _overlap(height, side), _overlap(width, side)
        out[:, rows[1], columns[1]] = fine[:, rows[0], columns[0]]
        return out


def _groups(
    config: RslearnConfig, window: Window, sensor: str
) -> Iterator[tuple[str, date, dict[tuple[str, ...], Path]]]:
    """Layer, day, and the files by their bands, of each group of images of a sensor.

    Raises:
        DataError: where there is no layer of it, or a group lacks a band or a date.
    """
    layers = [name for name in config.layers[sensor] if (window.folder / "layers" / name).is_dir()]
    if not layers:
        raise DataError(f"{window.folder} has no layer {' or '.join(config.layers[sensor])}", "unpack the set again")
    for layer in layers:
        number = 0
        while (place := window.folder / "layers" / (f"{layer}.{number}" if number else layer)).is_dir():
            paths = {tuple(path.parent.name.split("_")): path for path in sorted(place.glob("*/geotiff.tif"))}
            absent = set(_BANDS[sensor]) - {band for bands in paths for band in bands}
            if absent:
                raise DataError(f"{place} lacks the bands {', '.join(sorted(absent))}", "unpack the set again")
            days = window.days.get(layer, ())
            if number >= len(days):
                raise DataError(
                    f"{window.folder / 'items.json'} states no date of image {number} of {layer}",
                    "unpack the set again; dates are never made up",
                )
            yield layer, days[number], paths
            number += 1


def _label_file(config: RslearnConfig, window: Window) -> Path:
    names = [window.folder / "layers" / layer / band / "geotiff.tif" for layer, band in config.label_layers]
    found = next((path for path in names if path.is_file()), None)
    if found is None:
        raise DataError(f"{window.folder} has no label: {names[0]} is missing", "unpack the set again")
    return found


def _sides(windows: Sequence[Window], folder: Path) -> tuple[np.ndarray, dict[str, object]]:
    """Sides of the windows; where none is for testing, the validation windows are tested.

    Raises:
        DataError: where there is nothing to train on, or nothing besides.
    """
    sides = np.array([window.side for window in windows], dtype=np.int64)
    counts = Counter(sides.tolist())
    if not counts[TRAIN] or not (counts[TEST] or counts[VALIDATION]):
        raise DataError(f"{folder} has no windows to train on, or none to test on", "windows state it as options.split")
    if counts[TEST]:
        return sides, {}
    return np.where(sides == VALIDATION, TEST, sides), {
        "split": "the set has none for testing: its validation is tested"
    }


def _refined(stored: np.ndarray, bounds: tuple[int, int, int, int]) -> np.ndarray | None:
    """Float32 on the window's grid, coarser pixels repeated; None where sizes do not fit.

    Coarser grids count from the same origin: a window that begins within one of their pixels begins with a part of it,
    and NaN stands where they end before the window does.
    """
    left, top, right, bottom = bounds
    for step in (1, 2, 4):
        row, column = top // step, left // step
        fits = [
            (end // step - row, stop // step - column)
            for end, stop in ((bottom, right), (bottom + step - 1, right + step - 1))
        ]
        if stored.shape[1:] in fits:
            rows, columns = np.arange(top, bottom) // step - row, np.arange(left, right) // step - column
            inside = (rows < stored.shape[1])[:, None] & (columns < stored.shape[2])
            fine = stored[:, np.minimum(rows, stored.shape[1] - 1)][:, :, np.minimum(columns, stored.shape[2] - 1)]
            return np.where(inside, fine, np.float32(np.nan)).astype(np.float32)
    return None


def _overlap(have: int, want: int) -> tuple[slice, slice]:
    """What part of `have` pixels goes where in `want` pixels, around the middle of both."""
    skipped, before = max(0, (have - want) // 2), max(0, (want - have) // 2)
    count = min(have, want)
    return slice(skipped, skipped + count), slice(before, before + count)


def _published(days: Sequence[date]) -> list[date]:
    """What published evaluations put in the place of dates: one month for each, in the order of the dates."""
    order = np.argsort(np.argsort([day.toordinal() for day in days], kind="stable"))
    months = np.datetime64("2022-09", "M") + order
    return [date.fromisoformat(f"{month}-{MIDDLE}") for month in months]


def _block(window: Window) -> tuple[str, float, float]:
    x, y = window.middle
    side = _BLOCK * window.metres
    return window.crs, x // side, y // side


def _system(name: str):  # type: ignore[no-untyped-def]
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise DataError(f"a window has the reference system {name!r}: {error}", "unpack the set again") from error
