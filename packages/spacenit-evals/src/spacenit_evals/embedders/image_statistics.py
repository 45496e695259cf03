"""Embedder `image_statistics`: mean and deviation of each band over a whole sample."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, EvaluatedModel, ModelFacts, taken_sensors
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.spec import NODATA, SensorSpec


@frozen(kw_only=True)
class ImageStatistics(EmbedderConfig):
    """Mean and standard deviation of each band over space and time, in stored units; NaN without pixels."""

    adapter: ClassVar[str] = "1"

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """Arithmetic, without weights."""
        return ModelFacts(
            sensors=() if inputs is None else taken_sensors(inputs.sensors),
            normalisation="none: stored units",
            input_size="any",
            time="all dates together; months do not count",
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
        """Means, then deviations, sensor by sensor, float32 ``[B, 2 * bands]``."""
        sensors = self.inputs.sensors
        rows = [np.concatenate([_of_sensor(sample, spec) for spec in sensors]) for sample in samples]
        return np.stack(rows).astype(np.float32)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """Refused."""
        raise UserError("image_statistics gives one vector for a sample, and none for its patches")


def _of_sensor(sample: SampleWindow, spec: SensorSpec) -> np.ndarray:
    bands = len(spec.bands)
    out = np.full((2, bands), np.nan)
    if spec.name in sample.bands:
        values = sample.bands[spec.name].reshape(-1, bands).astype(np.float64)
        for band, numbers in enumerate(values.T):
            there = numbers[(numbers != NODATA) & np.isfinite(numbers)]
            if len(there):
                out[:, band] = there.mean(), there.std()
    return out.reshape(-1)
