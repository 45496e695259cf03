"""Whether stored images are in the units of their sensor, date by date: the same for all commands that read samples."""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from spacenit_core.sensors.plausible import MARKERS, UnitMismatch, columns_of, find_marker, find_misfit
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_data.rasters.offsets import dark_values, find_step

FEWEST = 64
"""Pixels of one date from which on it is judged by itself."""

MOST = 2000
"""Pixels of one date that are looked at."""

_LARGEST = {"uint8": 255.0, "int8": 127.0}


def find_in_images(spec: SensorSpec, values: np.ndarray) -> UnitMismatch | None:
    """What speaks against the units of stored images: of all together, or of one date of a series.

    Args:
        spec: the sensor.
        values: its array as samples hold it, ``[..., T, C]`` where it has time; -99999 or NaN is missing.
    """
    there = _there(values)
    marker = find_marker(spec, values[there])
    if marker is not None:
        return marker
    largest = _LARGEST.get(str(values.dtype))
    found = [find_misfit(spec, columns_of(values, there, MOST), largest=largest)]
    if spec.temporal and values.ndim > 2:
        for step in range(values.shape[-2]):
            image, known = values[..., step, :], there[..., step, :]
            if known.any(axis=-1).sum() >= FEWEST:
                found.append(find_misfit(spec, columns_of(image, known, MOST), largest=largest))
    mismatches = [mismatch for mismatch in found if mismatch is not None]
    return next((mismatch for mismatch in mismatches if mismatch.certain), mismatches[0] if mismatches else None)


def find_marker_of_files(spec: SensorSpec, raw: np.ndarray, stored: np.ndarray, *, power: bool) -> UnitMismatch | None:
    """A number that marks missing pixels in files, and that was converted as if it were a measurement.

    Args:
        spec: the sensor.
        raw: numbers as files hold them.
        stored: what became of them, of the same shape; -99999 or NaN is missing.
        power: whether they were taken for power or amplitude, of which decibels were made.
    """
    low, high = spec.value_range
    there = _there(stored)
    for marker in MARKERS:
        became = stored[there & (raw == marker)]
        if became.size and (power or became.min() < low or became.max() > high):
            return UnitMismatch(
                what=f"hold {marker:g}, which elsewhere marks missing ones", option=f"--nodata {marker:g}"
            )
    return None


def lifted_dates(spec: SensorSpec, values: np.ndarray, days: Sequence[dt.date]) -> list[dt.date]:
    """The dates of a series that hold an offset which others do not (see `find_step`); of one place.

    Args:
        spec: the sensor.
        values: its images ``[H, W, S, C]``; -99999 or NaN is missing.
        days: the date of each.
    """
    if not spec.product_offset or values.ndim != 4 or len(days) != values.shape[2]:
        return []
    there = _there(values)
    dark = {
        day: dark_values(columns_of(values[:, :, step], there[:, :, step], MOST))
        for step, day in enumerate(days)
        if there[:, :, step].any(axis=-1).sum() >= FEWEST
    }
    return find_step(spec, dark)


def say(mismatch: UnitMismatch) -> str:
    """A mismatch as the end of a sentence that names the pixels' sensor before."""
    guess = f"; {mismatch.guess}" if mismatch.guess else ""
    option = f" ({mismatch.option})" if mismatch.option else ""
    return f"pixels {mismatch.what}{guess}{option}"


def _there(values: np.ndarray) -> np.ndarray:
    there = np.asarray(values != NODATA)
    return there & np.isfinite(values) if values.dtype.kind == "f" else there
