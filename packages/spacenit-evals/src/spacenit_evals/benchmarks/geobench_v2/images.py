"""Images of one sample, as a set's file hands them to what all sets share."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.container import Item

MONTHS = 12


@frozen(eq=False)
class SensorImages:
    """A series of images of one sensor.

    Attributes:
        sensor: the sensor that they are of.
        bands: its bands, in the order of the channels.
        pixels: float32 ``[T, C, H, W]`` in the sensor's units; NaN where a pixel is missing.
        days: of the T images; None where they have no date.
    """

    sensor: str
    bands: tuple[str, ...]
    pixels: np.ndarray
    days: tuple[date, ...] | None = None

    def monthly(self) -> "SensorImages":
        """Means of the images of each month, dated on its 15th day."""
        assert self.days is not None
        months = np.array([day.year * MONTHS + day.month - 1 for day in self.days])
        found = np.unique(months)
        return SensorImages(
            self.sensor,
            self.bands,
            np.stack([mean(self.pixels[months == month]) for month in found]),
            tuple(date(int(month) // MONTHS, int(month) % MONTHS + 1, 15) for month in found),
        )


def stored(item: Item, sensor: str, bands: Sequence[str], day: date | None = None, scale: float = 1.0) -> SensorImages:
    """A GeoTIFF as one image.

    Args:
        item: the file.
        sensor: what it is of.
        bands: names of its channels; those with an empty name are left out.
        day: of the image.
        scale: stored numbers times this are in the sensor's units.

    Raises:
        DataError: where it cannot be read, or has other channels.
    """
    image = item.image()
    if len(image) != len(bands):
        raise item.damaged(f"it has {len(image)} bands, not {len(bands)}")
    kept = [channel for channel, band in enumerate(bands) if band]
    pixels = image[kept].astype(np.float32)[None] * np.float32(scale)
    return SensorImages(sensor, tuple(bands[channel] for channel in kept), pixels, None if day is None else (day,))


def mean(images: np.ndarray) -> np.ndarray:
    """The mean over the first axis of numbers that are there, ``[T, ...]`` to float32 ``[...]``; NaN where none is."""
    count = np.isfinite(images).sum(axis=0)
    total = np.nansum(images, axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def masked(image: np.ndarray, missing: float) -> np.ndarray:
    """The image as float32 of its shape, NaN where it holds the number that means nothing."""
    values = image.astype(np.float32)
    return np.where(values == missing, np.float32(np.nan), values)


def day_of(seconds: object) -> date | None:
    """The day of seconds since 1970, as the index states times; None where it states none."""
    return datetime.fromtimestamp(float(seconds), UTC).date() if isinstance(seconds, int | float) and seconds else None
