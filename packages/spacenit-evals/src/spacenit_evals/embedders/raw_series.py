"""Embedder `raw_series`: the numbers of a series themselves, step by step."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, EvaluatedModel, ModelFacts, taken_sensors
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.spec import NODATA, SensorSpec


@frozen(kw_only=True)
class RawSeries(EmbedderConfig):
    """Each band at each step in stored units, mean over the sample's pixels; NaN where there is no number.

    Steps are told apart by their place in the series, whatever the month: see `raw_pixels` for months.
    """

    adapter: ClassVar[str] = "1"

    location: bool = setting("whether latitude and longitude are two numbers more", False)

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """Arithmetic, without weights."""
        return ModelFacts(
            sensors=() if inputs is None else taken_sensors(inputs.sensors),
            normalisation="none: stored units",
            input_size="any",
            time="the numbers of each step; months do not count",
            code_licence="Apache-2.0",
            parameters=0,
            seen=(),
        )

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> Embedder:
        """Make the embedder; nothing of a model matters."""
        return _Steps(inputs, self.location)


@frozen
class _Steps:
    inputs: ModelInputs
    location: bool

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """Step by step, sensor by sensor, float32 ``[B, F]``.

        Raises:
            UserError: where series are of different lengths.
        """
        rows = [self._row(sample) for sample in samples]
        if len({len(row) for row in rows}) > 1:
            raise UserError(
                "raw_series takes series of one length, and these differ", "use raw_pixels, which goes by months"
            )
        return np.stack(rows).astype(np.float32)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """Refused."""
        raise UserError("raw_series gives one vector for a sample, and none for its patches")

    def _row(self, sample: SampleWindow) -> np.ndarray:
        parts = [_of_sensor(sample, spec).reshape(-1) for spec in self.inputs.sensors]
        return np.concatenate([*parts, sample.latlon] if self.location else parts)


def _of_sensor(sample: SampleWindow, spec: SensorSpec) -> np.ndarray:
    """Means over the pixels, float64 ``[T, C]``."""
    bands, steps = len(spec.bands), len(sample.timestamps) if spec.temporal else 1
    out = np.full((steps, bands), np.nan)
    if spec.name in sample.bands:
        values = sample.bands[spec.name].astype(np.float64)
        values = values.reshape(-1, values.shape[-2] if spec.temporal else 1, bands)
        there = (values != NODATA) & np.isfinite(values)
        count = there.sum(axis=0)
        mean = np.where(there, values, 0.0).sum(axis=0) / np.maximum(count, 1)
        out[sample.present[spec.name] if spec.temporal else slice(None)] = np.where(count > 0, mean, np.nan)
    return out
