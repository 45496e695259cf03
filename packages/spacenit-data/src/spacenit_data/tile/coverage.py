"""Where the bands of one date lie: a band that one place has may lack at another."""

from collections.abc import Sequence

import numpy as np

from spacenit_data.tile.rasters import Raster

ENOUGH = 0.9
"""Share of an image's ground from which on a band counts as there: files of one scene differ by a few pixels."""


def lacking_bands(rasters: Sequence[Raster]) -> list[tuple[Raster, tuple[str, ...]]]:
    """Images on whose ground some of the sensor's bands are in no file, with those bands.

    Args:
        rasters: all images of one sensor and date.
    """
    boxes = np.array([raster.bounds for raster in rasters])
    names = rasters[0].sensor.bands
    holds = np.array([[channel in raster.channels for channel in range(len(names))] for raster in rasters])
    lacking: dict[tuple[float, ...], tuple[str, ...]] = {}
    for box in {raster.bounds: None for raster in rasters}:
        numbers, near = _near(np.array(box), boxes)
        covered = [_covered(np.array(box), near[holds[numbers, channel]]) for channel in range(len(names))]
        lacking[box] = tuple(name for name, share in zip(names, covered, strict=True) if share < ENOUGH)
    return [(raster, lacking[raster.bounds]) for raster in rasters if lacking[raster.bounds]]


def _near(box: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the boxes that overlap one, and these boxes, brought to its own turn of longitudes."""
    every = np.concatenate([boxes + np.array([turn, 0.0, turn, 0.0]) for turn in (-360.0, 0.0, 360.0)])
    west, south, east, north = box
    near = (every[:, 0] < east) & (west < every[:, 2]) & (every[:, 1] < north) & (south < every[:, 3])
    return np.flatnonzero(near) % len(boxes), every[near]


def _covered(box: np.ndarray, boxes: np.ndarray) -> float:
    """The share of a box that lies in at least one of others."""
    if not len(boxes):
        return 0.0
    west, south, east, north = box
    xs = np.unique(np.clip([west, east, *boxes[:, 0], *boxes[:, 2]], west, east))
    ys = np.unique(np.clip([south, north, *boxes[:, 1], *boxes[:, 3]], south, north))
    middle_x, middle_y = (xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2
    in_x = (boxes[:, :1] < middle_x) & (middle_x < boxes[:, 2:3])
    in_y = (boxes[:, 1:2] < middle_y) & (middle_y < boxes[:, 3:4])
    inside = (in_y[:, :, None] & in_x[:, None, :]).any(axis=0)
    area = np.diff(ys)[:, None] * np.diff(xs)
    return float((area * inside).sum() / area.sum())
