"""Embedder `raw_pixels`: what anyone can compute without a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from attrs import frozen

from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, EvaluatedModel, ModelFacts, taken_sensors
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.visibility import MISSING

if TYPE_CHECKING:
    from spacenit_core.samples.batch import Batch
    from spacenit_core.samples.layout import SensorBlock

MONTHS = 12


@frozen(kw_only=True)
class RawPixels(EmbedderConfig):
    """Mean and standard deviation over a sample or a patch of each band in each month; missing months are NaN."""

    adapter: ClassVar[str] = "1"

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """Arithmetic, without weights."""
        return ModelFacts(
            sensors=() if inputs is None else taken_sensors(inputs.sensors),
            normalisation="by the statistics of each sensor",
            input_size="any whole number of patches",
            time="one column for each month of the year",
            code_licence="Apache-2.0",
            parameters=0,
            seen=(),
        )

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> Embedder:
        """Make the embedder; nothing of a model matters."""
        return _Statistics(inputs)


@frozen
class _Statistics:
    inputs: ModelInputs

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """Statistics of each sample, float32 ``[B, F]``."""
        from spacenit_evals.embedders.batches import batch_of

        return window_statistics(batch_of(samples, self.inputs))

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The same statistics of each patch by itself, float32 ``[B, h, w, F]``."""
        from spacenit_evals.embedders.batches import batch_of

        return patch_statistics(batch_of(samples, self.inputs))


def window_statistics(batch: "Batch") -> np.ndarray:
    """Mean and deviation per band and month over the pixels that an encoder sees, float32 ``[B, F]``.

    The pixels are those of all tokens that are there: NaN stands where a band has none, and bands that are in no band
    group are left out. Images of one month are averaged; where a series exceeds a year, each further year has columns
    of its own, behind those of the years before. A sensor without time has one "month".
    """
    return _statistics_of(batch, each_patch=False)


def patch_statistics(batch: "Batch") -> np.ndarray:
    """The same over the pixels of each patch, float32 ``[B, h, w, F]``."""
    layout = batch.layout
    return _statistics_of(batch, each_patch=True).reshape(len(batch), layout.rows, layout.columns, -1)


def _statistics_of(batch: "Batch", *, each_patch: bool) -> np.ndarray:
    """One row for each sample, or for each patch of each sample, float32 ``[N, F]``."""
    visibility = batch.visibility[0].numpy()
    statistics = [(block, _statistics(batch, block, visibility, each_patch)) for block in batch.layout.blocks]
    repeated = batch.layout.rows * batch.layout.columns if each_patch else 1
    timestamps = batch.timestamps.numpy().repeat(repeated, axis=0)
    month, year = timestamps[..., 1], _year_of_series(timestamps)
    parts = []
    for number in range(int(year.max()) + 1):
        for block, values_of in statistics:
            if not block.sensor.temporal and number:
                continue
            for values in values_of:
                columns = _by_month(values, month, year == number) if block.sensor.temporal else values
                parts.append(columns.reshape(len(timestamps), -1))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _statistics(
    batch: "Batch", block: "SensorBlock", visibility: np.ndarray, each_patch: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation over the pixels of the present tokens, ``[N, T, C]`` each; NaN where there are none."""
    size, (rows, columns, steps, _) = len(batch), block.shape
    pixels = batch.pixels[block.sensor.name].numpy().astype(np.float64)
    height, width = pixels.shape[1:3] if block.sensor.spatial else (1, 1)
    pixels = pixels.reshape(size, rows, height // rows, columns, width // columns, steps, -1)
    there = (visibility[:, block.tokens] != MISSING).reshape(size, rows, 1, columns, 1, steps, block.groups)
    axes = (2, 4) if each_patch else (1, 2, 3, 4)
    means, deviations = [], []
    for group, channels in enumerate(block.sensor.group_channels):
        inside = there[..., [group]]
        count = inside.sum(axis=axes, keepdims=True) * (height // rows) * (width // columns)
        count = np.where(count > 0, count, np.nan)
        values = pixels[..., list(channels)]
        mean = np.where(inside, values, 0.0).sum(axis=axes, keepdims=True) / count
        off = np.where(inside, values - mean, 0.0)
        means.append(mean)
        deviations.append(np.sqrt((off**2).sum(axis=axes, keepdims=True) / count))
    grid = (batch.layout.rows, batch.layout.columns) if each_patch else (1, 1)
    return _rows(np.concatenate(means, axis=-1), grid), _rows(np.concatenate(deviations, axis=-1), grid)


def _rows(values: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """From ``[B, h or 1, 1, w or 1, 1, T, C]`` to ``[B * h * w, T, C]``; what has no grid is equal in all patches."""
    size, steps, bands = len(values), *values.shape[-2:]
    return np.broadcast_to(values[:, :, 0, :, 0], (size, *grid, steps, bands)).reshape(-1, steps, bands)


def _year_of_series(timestamps: np.ndarray) -> np.ndarray:
    """Whole years since the month of each series' first date, int ``[B, T]``."""
    months = timestamps[..., 2] * MONTHS + timestamps[..., 1]
    return (months - months.min(axis=1, keepdims=True)) // MONTHS


def _by_month(values: np.ndarray, months: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """From ``[B, T, C]`` to ``[B, 12, C]``: the mean of the chosen images of each month, NaN where there is none."""
    out = np.full((len(values), MONTHS, values.shape[-1]), np.nan)
    for month in range(MONTHS):
        known = ((months == month) & chosen)[..., None] & np.isfinite(values)
        count = known.sum(axis=1)
        total = np.where(known, values, 0.0).sum(axis=1)
        out[:, month] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return out
