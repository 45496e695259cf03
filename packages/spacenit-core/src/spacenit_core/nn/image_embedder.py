"""Vectors of samples from a network of single images, whose dates are averaged."""

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy

import numpy as np
import torch
from attrs import frozen
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d, interpolate

from spacenit_core.errors import UserError
from spacenit_core.samples.dated_images import OverTime, PooledBy
from spacenit_core.samples.sample_window import SampleWindow

MOST_NUMBERS = 32 * 3 * 256 * 256
"""Numbers of images, in all channels, that are encoded at a time."""

IMAGES_AT_A_TIME = 32
"""Images that are read at a time: memory stays bounded, however long series are and however many samples there are."""


@frozen(kw_only=True, eq=False)
class ImageInputs:
    """N images as a network takes them.

    Attributes:
        tensors: what the network is called with, by name, ``[N, ...]`` each; `images` is ``[N, C, H, W]``.
        seen: bool ``[N, h, w]``: the patches in which anything is known.
        rows: int64 ``[N]``: the sample of each image.
        samples: how many samples there are.
    """

    tensors: Mapping[str, Tensor]
    seen: Tensor
    rows: Tensor
    samples: int


@frozen(eq=False)
class ImageTokens:
    """What a network makes of N images.

    Attributes:
        summary: ``[N, D]``, the token of each image.
        patches: ``[N, h, w, D]``.
    """

    summary: Tensor
    patches: Tensor


Reader = Callable[[Sequence[SampleWindow]], ImageInputs]


class ImageEmbedder:
    """Images to vectors, and these over time; implements `Embedder` and `Trainable`.

    Args:
        network: from the tensors of images to `ImageTokens`, on the device to compute on; put into evaluation mode.
        reader: reads samples for it.
        pooled_by: whether the vector of an image is the mean of its patches, or its own token.
        over_time: what becomes of the vectors of several dates.
    """

    def __init__(self, network: nn.Module, reader: Reader, *, pooled_by: PooledBy, over_time: OverTime) -> None:
        self.network = network.eval()
        self.reader = reader
        self.pooled_by: PooledBy = pooled_by
        self.over_time: OverTime = over_time

    @torch.inference_mode()
    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """One vector for each sample, float32 ``[B, D]``; NaN where a sample holds nothing.

        Raises:
            UserError: see the reader.
        """
        return np.concatenate([self._pooled(part) for part in _parts(samples)])

    @torch.inference_mode()
    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """One vector for each patch of the network, float32 ``[B, h, w, D]``; NaN where nothing is known.

        Raises:
            UserError: where windows differ in size, and see the reader.
        """
        parts = [_patches(self.network, self.reader, part, self.over_time) for part in _parts(samples)]
        if len({part.shape[1:] for part in parts}) > 1:
            raise UserError("the windows of one batch differ in size", "give windows of one size")
        return torch.cat(parts).float().cpu().numpy()

    def trainable(self) -> nn.Module:
        """A copy whose weights have gradients; from samples to tokens of their patches ``[B, h, w, D]``."""
        return _TrainableImages(deepcopy(self.network).requires_grad_(True), self.reader, self.over_time)

    def _pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        inputs = self.reader(samples)
        tokens = _encoded(self.network, inputs)
        vectors = tokens.summary
        if self.pooled_by == "patches":
            seen = inputs.seen.to(vectors.device)[..., None]
            vectors = torch.where(seen, tokens.patches, 0).sum(dim=(1, 2)) / seen.sum(dim=(1, 2))
        every = torch.ones(len(vectors), 1, dtype=torch.bool, device=vectors.device)
        return _over_time(vectors[:, None], every, inputs, self.over_time)[:, 0].float().cpu().numpy()


class _TrainableImages(nn.Module):
    def __init__(self, network: nn.Module, reader: Reader, over_time: OverTime) -> None:
        super().__init__()
        self.network = network
        self.reader = reader
        self.over_time: OverTime = over_time

    def forward(self, samples: Sequence[SampleWindow]) -> Tensor:
        return _patches(self.network, self.reader, samples, self.over_time)


def fitted(values: np.ndarray, known: np.ndarray, size: tuple[int, int], patch: int) -> tuple[Tensor, Tensor]:
    """Images of another size, and which of their patches are seen.

    Args:
        values: ``[N, H, W, C]``, 0 where unknown.
        known: bool, like the values.
        size: the height and width to come, multiples of `patch`.
        patch: pixels along one side of a patch.

    Returns:
        Float32 ``[N, C, *size]``, bilinear between pixel middles, and bool ``[N, h, w]``: where any pixel is known.
    """
    images = torch.from_numpy(values.astype(np.float32)).permute(0, 3, 1, 2)
    there = torch.from_numpy(known.any(axis=-1)).float()[:, None]
    if images.shape[2:] != size:
        images = interpolate(images, size=size, mode="bilinear", align_corners=False)
    grid = (size[0] // patch, size[1] // patch)
    # First to the nearest pixel, so that a patch that is smaller than a pixel has its own.
    near = interpolate(there, size=size, mode="nearest")
    return images.contiguous(), adaptive_max_pool2d(near, grid)[:, 0] > 0


def _patches(network: nn.Module, reader: Reader, samples: Sequence[SampleWindow], over_time: OverTime) -> Tensor:
    inputs = reader(samples)
    patches = _encoded(network, inputs).patches
    found = _over_time(patches.flatten(1, 2), inputs.seen.flatten(1).to(patches.device), inputs, over_time)
    return found.unflatten(1, inputs.seen.shape[1:])


def _parts(samples: Sequence[SampleWindow]) -> list[Sequence[SampleWindow]]:
    dates = max(len(sample.timestamps) for sample in samples)
    size = max(1, IMAGES_AT_A_TIME // max(dates, 1))
    return [samples[first : first + size] for first in range(0, len(samples), size)]


def _encoded(network: nn.Module, inputs: ImageInputs) -> ImageTokens:
    images = inputs.tensors["images"]
    at_a_time = max(1, MOST_NUMBERS // math.prod(images.shape[1:]))
    device = next(network.parameters()).device
    parts = [
        network(**{name: values[first : first + at_a_time].to(device) for name, values in inputs.tensors.items()})
        for first in range(0, max(len(images), 1), at_a_time)
    ]
    return ImageTokens(torch.cat([part.summary for part in parts]), torch.cat([part.patches for part in parts]))


def _over_time(vectors: Tensor, seen: Tensor, inputs: ImageInputs, over_time: OverTime) -> Tensor:
    """From ``[N, P, D]`` of images, where ``seen [N, P]``, to ``[B, P, D]`` of samples; NaN where none is seen."""
    rows = inputs.rows.to(vectors.device)
    shape = (inputs.samples, *vectors.shape[1:])
    count = vectors.new_zeros(shape[:2]).index_add(0, rows, seen.to(vectors.dtype))[..., None]
    if over_time == "mean":
        total = vectors.new_zeros(shape).index_add(0, rows, torch.where(seen[..., None], vectors, 0))
        return total / torch.where(count > 0, count, torch.nan)
    highest = vectors.new_full(shape, -torch.inf)
    index = rows[:, None, None].expand_as(vectors)
    highest = highest.scatter_reduce(0, index, torch.where(seen[..., None], vectors, -torch.inf), "amax")
    return torch.where(count > 0, highest, torch.nan)
