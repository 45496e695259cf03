"""Embedder `image_statistics`: mean and deviation of each band over a whole sample, or over each patch."""

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
        """The same of each patch, float32 ``[B, h, w, 2 * bands]``; what has no grid is equal in all patches.

        Raises:
            UserError: where a sample is no whole number of patches.
        """
        sizes = {self._size(sample) for sample in samples} - {(1, 1)}
        rows, columns = sizes.pop() if sizes else (1, 1)
        found = [[_of_patches(sample, spec, rows, columns) for spec in self.inputs.sensors] for sample in samples]
        return np.stack([np.concatenate(parts, axis=-1) for parts in found]).astype(np.float32)

    def _size(self, sample: SampleWindow) -> tuple[int, int]:
        """Patches from north to south and from west to east."""
        for spec in self.inputs.sensors:
            if spec.spatial and spec.name in sample.bands:
                side = self.inputs.patch_size * spec.pixels_per_cell
                height, width = sample.bands[spec.name].shape[:2]
                if height % side or width % side:
                    raise UserError(
                        f"{height} x {width} pixels of {spec.name} are no whole number of patches of {side} pixels",
                        "choose another patch size{patch_size}",
                        things=("patch_size",),
                    )
                return height // side, width // side
        return 1, 1


def _of_patches(sample: SampleWindow, spec: SensorSpec, rows: int, columns: int) -> np.ndarray:
    """Mean and deviation of each band in each patch, ``[h, w, 2 * bands]``; NaN where it has no pixel."""
    bands = len(spec.bands)
    if spec.name not in sample.bands or not spec.spatial:
        return np.broadcast_to(_of_sensor(sample, spec), (rows, columns, 2 * bands))
    pixels = sample.bands[spec.name]
    height, width = pixels.shape[:2]
    patches = pixels.reshape(rows, height // rows, columns, width // columns, -1, bands).swapaxes(1, 2)
    values = patches.reshape(rows, columns, -1, bands).astype(np.float64)
    there = (values != NODATA) & np.isfinite(values)
    count = there.sum(axis=2)
    known = np.maximum(count, 1)
    mean = np.where(there, values, 0.0).sum(axis=2) / known
    variance = np.where(there, (values - mean[:, :, None]) ** 2, 0.0).sum(axis=2) / known
    both = np.stack([mean, np.sqrt(variance)], axis=2)
    return np.where(count[:, :, None] > 0, both, np.nan).reshape(rows, columns, 2 * bands)


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
