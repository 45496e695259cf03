"""Embedder `raw_pixels`: what anyone can compute without a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
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
    """Mean and standard deviation over the sample of each band in each month; missing months are NaN."""

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
        """Refused."""
        raise UserError("raw_pixels gives one vector for a sample, and none for its patches", "use another embedder")


def window_statistics(batch: "Batch") -> np.ndarray:
    """Mean and deviation per band and month over the pixels that an encoder sees, float32 ``[B, F]``.

    The pixels are those of all tokens that are there: NaN stands where a band has none, and bands that are in no band
    group are left out. Images of one month are averaged; where a series exceeds a year, each further year has columns
    of its own, behind those of the years before. A sensor without time has one "month".
    """
    visibility = batch.visibility[0].numpy()
    statistics = [(block, _statistics(batch, block, visibility)) for block in batch.layout.blocks]
    month, year = batch.timestamps[..., 1].numpy(), _year_of_series(batch.timestamps.numpy())
    parts = []
    for number in range(int(year.max()) + 1):
        for block, values_of in statistics:
            if not block.sensor.temporal and number:
                continue
            for values in values_of:
                columns = _by_month(values, month, year == number) if block.sensor.temporal else values
                parts.append(columns.reshape(len(batch), -1))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _statistics(batch: "Batch", block: "SensorBlock", visibility: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation over the pixels of the present tokens, ``[B, T, C]`` each; NaN where there are none."""
    size, (rows, columns, steps, _) = len(batch), block.shape
    pixels = batch.pixels[block.sensor.name].numpy().astype(np.float64)
    height, width = pixels.shape[1:3] if block.sensor.spatial else (1, 1)
    pixels = pixels.reshape(size, rows, height // rows, columns, width // columns, steps, -1)
    there = (visibility[:, block.tokens] != MISSING).reshape(size, rows, 1, columns, 1, steps, block.groups)
    means, deviations = [], []
    for group, channels in enumerate(block.sensor.group_channels):
        inside = there[..., [group]]
        count = inside.sum(axis=(1, 2, 3, 4)) * (height // rows) * (width // columns)
        count = np.where(count > 0, count, np.nan)
        values = pixels[..., list(channels)]
        mean = np.where(inside, values, 0.0).sum(axis=(1, 2, 3, 4)) / count
        off = np.where(inside, values - mean[:, None, None, None, None], 0.0)
        means.append(mean)
        deviations.append(np.sqrt((off**2).sum(axis=(1, 2, 3, 4)) / count))
    return np.concatenate(means, axis=-1), np.concatenate(deviations, axis=-1)


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
