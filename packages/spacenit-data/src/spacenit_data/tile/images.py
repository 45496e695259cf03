"""Which files are one image: bands of it in files of their own belong together, bands of another scene do not.

Where images of one sensor and date overlap, each pixel is taken whole from one of them. Bands of two images, seconds or
orbits apart, would be a spectrum that was never measured.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.shared_grids import common_area, common_share

MOSTLY = 0.5
"""Share of the smaller of two files' ground that both show, from which on they may be bands of one image."""


def number_images(rasters: Sequence[Raster]) -> list[int]:
    """For each raster the number of the image it belongs to, among those of its sensor and date.

    Files with different bands that show the same ground are one image. Where there are several ways, those with the
    most ground in common come together first, then those whose names are most alike.
    """
    kinds: dict[tuple[str, object], list[int]] = {}
    for number, raster in enumerate(rasters):
        kinds.setdefault((raster.sensor.name, raster.date), []).append(number)
    image = list(range(len(rasters)))
    for numbers in kinds.values():
        parts = [number for number in numbers if len(rasters[number].channels) < len(rasters[number].sensor.bands)]
        held = {number: set(rasters[number].channels) for number in parts}
        members = {number: [number] for number in parts}
        for a, b in _pairs(rasters, parts):
            first, second = image[a], image[b]
            if first != second and not held[first] & held[second]:
                held[first] |= held.pop(second)
                members[first] += (joining := members.pop(second))
                for number in joining:
                    image[number] = first
    return image


def _pairs(rasters: Sequence[Raster], numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Files that may be bands of one image, the likeliest first."""
    boxes = np.array([rasters[number].bounds for number in numbers]).reshape(-1, 4)
    pairs = []
    for place, a in enumerate(numbers):
        later = numbers[place + 1 :]
        near = common_area(rasters[a].bounds, boxes[place + 1 :]) > 0.0
        pairs += [
            (a, b)
            for b, meets in zip(later, near, strict=True)
            if meets
            and not set(rasters[a].channels) & set(rasters[b].channels)
            and common_share(rasters[a], rasters[b], of=min) >= MOSTLY
        ]
    return sorted(pairs, key=lambda pair: _likeness(rasters[pair[0]], rasters[pair[1]]), reverse=True)


def _likeness(a: Raster, b: Raster) -> tuple[float, int]:
    alike = next((i for i, (x, y) in enumerate(zip(a.path, b.path, strict=False)) if x != y), len(a.path))
    return round(common_share(a, b, of=max), 2), alike


def restore_zeros(image: np.ndarray, zeros: Iterable[tuple[int, np.ndarray, float]]) -> None:
    """Give back the zeros of files with some bands, in place, where other files of their image have pixels.

    Args:
        image: ``[H, W, C]``, NaN where missing and where all bands of a file are 0.
        zeros: a channel, where its file is 0 (bool ``[H, W]``), and what 0 is in the sensor's units.
    """
    known = np.isfinite(image).any(axis=-1)
    for channel, where, value in zeros:
        image[known & where, channel] = value


def compose(images: Iterable[tuple[np.ndarray, Sequence[int]]]) -> np.ndarray | None:
    """Put images of one date together, each pixel whole from one of them.

    Args:
        images: values ``[H, W, C]``, NaN where missing, and the channels that the image has; the most wanted first. A
            pixel is taken from the first that has it in all of its channels, else from the first that has any of it.

    Returns:
        ``[H, W, C]``; None without images.
    """
    out: np.ndarray | None = None
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    for values, channels in images:
        there = np.isfinite(values[..., list(channels)])
        if out is None:
            out, open_pixels = np.full_like(values, np.nan), np.ones(values.shape[:2], bool)
        whole = there.all(axis=-1) & open_pixels
        out[whole] = values[whole]
        open_pixels &= ~whole
        parts.append((values, there.any(axis=-1)))
    for values, some in parts:
        partly = some & open_pixels
        assert out is not None
        out[partly] = values[partly]
        open_pixels &= ~partly
    return out
