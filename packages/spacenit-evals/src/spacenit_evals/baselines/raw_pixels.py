"""Baseline `raw_pixels`: what anyone can compute without a model."""

from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from spacenit_core.kinds.baselines import BaselineConfig, FeatureExtractor
from spacenit_core.samples.visibility import MISSING

if TYPE_CHECKING:
    from spacenit_core.samples.batch import Batch
    from spacenit_core.samples.layout import SensorBlock

MONTHS = 12


@frozen(kw_only=True)
class RawPixels(BaselineConfig):
    """Mean and standard deviation over the window of each band in each month; missing months are NaN."""

    def build(self, experiment: Any) -> FeatureExtractor:
        """Make the extractor; nothing of the run matters."""
        return window_statistics


def window_statistics(batch: "Batch") -> np.ndarray:
    """Mean and deviation per band and calendar month, float32 ``[B, F]``, NaN where a sensor has no whole image.

    Images of one month are averaged. A sensor without time has one "month".
    """
    months = batch.timestamps[..., 1].numpy()
    visibility = batch.visibility[0].numpy()
    parts = []
    for block in batch.layout.blocks:
        mean, deviation = _statistics(batch, block, visibility)
        for values in (mean, deviation):
            by_month = _by_month(values, months) if block.sensor.temporal else values
            parts.append(by_month.reshape(len(batch), -1))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _statistics(batch: "Batch", block: "SensorBlock", visibility: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation over the grid, ``[B, T, C]`` each; NaN where any of the band's tokens is missing."""
    size, channels = len(batch), len(block.sensor.bands)
    pixels = batch.pixels[block.sensor.name].numpy().reshape(size, -1, block.steps, channels)
    missing = (visibility[:, block.tokens] == MISSING).reshape(size, -1, block.steps, block.groups).any(axis=1)
    group = np.concatenate([[number] * len(bands) for number, bands in enumerate(block.sensor.group_channels)])
    absent = missing[:, :, group]
    return np.where(absent, np.nan, pixels.mean(axis=1)), np.where(absent, np.nan, pixels.std(axis=1))


def _by_month(values: np.ndarray, months: np.ndarray) -> np.ndarray:
    """From ``[B, T, C]`` to ``[B, 12, C]``: the mean of the images of each month, NaN where there is none."""
    out = np.full((len(values), MONTHS, values.shape[-1]), np.nan)
    for month in range(MONTHS):
        known = (months == month)[..., None] & np.isfinite(values)
        count = known.sum(axis=1)
        total = np.where(known, values, 0.0).sum(axis=1)
        out[:, month] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return out
