"""Vectors of samples from convolutions with given kernels."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from attrs import frozen
from torch import Tensor
from torch.nn.functional import conv2d

from spacenit_core.errors import UserError
from spacenit_core.rng import generator
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.stacked import stack_bands, window_cells
from spacenit_core.sensors.spec import SensorSpec

IMAGES_AT_A_TIME = 64
"""Images that are convolved together: memory stays bounded, however many dates there are."""


@frozen(eq=False)
class Kernels:
    """Kernels over the bands of one sensor that are embedded.

    Attributes:
        weight: float32 ``[K, C, side, side]``.
        bias: float32 ``[K]``.
    """

    weight: Tensor
    bias: Tensor

    def to(self, device: torch.device) -> "Kernels":
        """The same on a device."""
        return Kernels(self.weight.to(device), self.bias.to(device))


def drawn_kernels(spec: SensorSpec, kernels: int, side: int, seed: int) -> Kernels:
    """Normally distributed numbers, of such a size that what comes out varies about as much as what goes in."""
    rng = generator(seed, f"random convolutions {spec.name}")
    shape = (kernels, len(_embedded(spec)), side, side)
    weight = rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
    return Kernels(
        torch.from_numpy(weight.astype(np.float32)), torch.from_numpy(rng.standard_normal(kernels).astype(np.float32))
    )


class ConvolvedWindows:
    """Means of what kernels find, above and below; implements `Embedder`.

    A pixel counts where any of its bands is known. What is unknown or outside is at the mean of its band.

    Args:
        inputs: what the samples hold.
        kernels: sensor -> its kernels, on the device to compute on.
    """

    def __init__(self, inputs: ModelInputs, kernels: Mapping[str, Kernels]) -> None:
        self.inputs = inputs
        self.kernels = kernels

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The means over each sample, float32 ``[B, 2 * K * sensors]``; NaN where a sensor has no pixel."""
        return self._embedded(samples, 1, 1)[:, 0, 0]

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The means over each patch, float32 ``[B, h, w, 2 * K * sensors]``; NaN where a sensor has no pixel there.

        Raises:
            UserError: where windows differ in size or are no whole number of patches.
        """
        height, width = window_cells(samples, self.inputs.sensors)
        patch = min(self.inputs.patch_size, height, width)
        if height % patch or width % patch:
            raise UserError(
                f"windows of {height} x {width} cells cannot be cut into patches of {patch}",
                "choose a patch size that divides both sides, or other windows",
            )
        return self._embedded(samples, height // patch, width // patch)

    @torch.inference_mode()
    def _embedded(self, samples: Sequence[SampleWindow], rows: int, columns: int) -> np.ndarray:
        cells = window_cells(samples, self.inputs.sensors)
        parts = [self._of_sensor(samples, spec, cells, (rows, columns)) for spec in self.inputs.sensors]
        return np.concatenate(parts, axis=-1)

    def _of_sensor(
        self, samples: Sequence[SampleWindow], spec: SensorSpec, cells: tuple[int, int], parts: tuple[int, int]
    ) -> np.ndarray:
        stacked = stack_bands(samples, spec, *cells)
        values, known = stacked.take(_embedded(spec))
        pixels = torch.from_numpy(_deviations(spec, values, known)).permute(0, 3, 4, 1, 2)
        there = torch.from_numpy(known.any(axis=-1)).permute(0, 3, 1, 2)
        kernels = self.kernels[spec.name]
        cut = parts if spec.spatial else (1, 1)
        totals = torch.cat(
            [
                _summed(some.to(kernels.weight.device), counted.to(kernels.weight.device), kernels, cut)
                for some, counted in zip(
                    pixels.flatten(0, 1).split(IMAGES_AT_A_TIME),
                    there.flatten(0, 1).split(IMAGES_AT_A_TIME),
                    strict=True,
                )
            ]
        )
        total = totals.unflatten(0, pixels.shape[:2]).sum(dim=1).cpu()
        means = total[:, :-1] / total[:, -1:].where(total[:, -1:] > 0, torch.nan)
        return means.expand(-1, -1, *parts).permute(0, 2, 3, 1).float().numpy()


def _summed(pixels: Tensor, there: Tensor, kernels: Kernels, parts: tuple[int, int]) -> Tensor:
    """What kernels find in N images, summed over each part, and in how many pixels: ``[N, 2 * K + 1, h, w]``."""
    found = conv2d(pixels, kernels.weight, kernels.bias, padding="same")
    counted = there[:, None].float()
    both = torch.cat([found.relu() * counted, (-found).relu() * counted, counted], dim=1).double()
    rows, columns = parts
    return both.unflatten(3, (columns, -1)).unflatten(2, (rows, -1)).sum(dim=(3, 5))


def _deviations(spec: SensorSpec, values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Deviations from the mean, or what stands for it where statistics are a range; 0 where unknown."""
    assert spec.normalization is not None
    channels = [spec.bands.index(band) for band in _embedded(spec)]
    scale, offset = (part[channels] for part in spec.normalization.scale_and_offset())
    return np.where(known, 4.0 * (values * scale + offset - 0.5), 0.0).astype(np.float32)


def _embedded(spec: SensorSpec) -> tuple[str, ...]:
    """The bands that are in a token of the sensor."""
    return tuple(band for group in spec.token_groups for band in group)
