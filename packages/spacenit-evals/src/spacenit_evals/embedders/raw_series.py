"""Embedder `raw_series`: the numbers of a series themselves, step by step."""

import warnings
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, EvaluatedModel, ModelFacts, taken_sensors
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.stacked import stack_bands, window_cells
from spacenit_core.sensors.spec import SensorSpec


@frozen(kw_only=True)
class RawSeries(EmbedderConfig):
    """Each band at each step in stored units; of a sample its pixels' mean, of a patch every pixel; NaN where unknown.

    Steps are told apart by their place in the series, whatever the month: see `raw_pixels` for months.
    """

    adapter: ClassVar[str] = "1"

    location: bool = setting("whether latitude and longitude are two numbers more of a sample", False)

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """Arithmetic, without weights."""
        return ModelFacts(
            sensors=() if inputs is None else taken_sensors(inputs.sensors),
            normalisation="none: stored units",
            input_size="any",
            time="each step by itself; months do not count",
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
            UserError: where series or windows differ in size.
        """
        parts = [_means(pixels) for pixels in self._stacked(samples)]
        if self.location:
            parts.append(np.stack([sample.latlon for sample in samples]))
        return np.concatenate(parts, axis=1).astype(np.float32)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """All pixels of each patch, float32 ``[B, h, w, F]``.

        Raises:
            UserError: where series or windows differ in size, or windows are no whole number of patches.
        """
        height, width = window_cells(samples, self.inputs.sensors)
        patch = min(self.inputs.patch_size, height, width)
        if height % patch or width % patch:
            raise UserError(
                f"windows of {height} x {width} cells cannot be cut into patches of {patch}",
                "choose a patch size that divides both sides, or other windows",
            )
        shape = (len(samples), height // patch, width // patch)
        specs = self.inputs.sensors
        parts = [_patches(pixels, shape, spec) for pixels, spec in zip(self._stacked(samples), specs, strict=True)]
        return np.concatenate(parts, axis=-1).astype(np.float32)

    def _stacked(self, samples: Sequence[SampleWindow]) -> list[np.ndarray]:
        """Float ``[B, H*k, W*k, T, C]`` of each sensor, NaN where unknown."""
        if len({len(sample.timestamps) for sample in samples}) > 1:
            raise UserError(
                "raw_series takes series of one length, and these differ", "use raw_pixels, which goes by months"
            )
        cells = window_cells(samples, self.inputs.sensors)
        stacked = [stack_bands(samples, spec, *cells) for spec in self.inputs.sensors]
        return [np.where(part.known, part.values, np.nan) for part in stacked]


def _means(pixels: np.ndarray) -> np.ndarray:
    """From ``[B, H, W, T, C]`` to ``[B, T * C]``."""
    with warnings.catch_warnings():
        # A step without any pixel is no number, and that is meant.
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(pixels.astype(np.float64), axis=(1, 2)).reshape(len(pixels), -1)


def _patches(pixels: np.ndarray, shape: tuple[int, int, int], spec: SensorSpec) -> np.ndarray:
    """From ``[B, H, W, T, C]`` to ``[B, h, w, F]``."""
    samples, rows, columns = shape
    if not spec.spatial:
        flat = pixels.reshape(samples, 1, 1, -1)
        return np.broadcast_to(flat, (*shape, flat.shape[-1]))
    height, width = pixels.shape[1] // rows, pixels.shape[2] // columns
    cut = pixels.reshape(samples, rows, height, columns, width, *pixels.shape[3:])
    return np.moveaxis(cut, 3, 2).reshape(samples, rows, columns, -1)
