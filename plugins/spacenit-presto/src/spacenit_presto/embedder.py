"""Vectors of samples from Presto: it embeds single pixels, whose vectors are averaged."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_presto.layers import masked_mean
from spacenit_presto.network import PrestoEncoder
from spacenit_presto.reader import SampleReader

SERIES_AT_A_TIME = 2048
"""Pixels that are encoded together: memory stays bounded, however large windows are."""


class PrestoEmbedder:
    """Means over pixels; implements `Embedder` and `Trainable`.

    Args:
        encoder: the network, on the device to compute on; put into evaluation mode.
        reader: reads samples for it.
    """

    def __init__(self, encoder: PrestoEncoder, reader: SampleReader) -> None:
        self.encoder = encoder.eval()
        self.reader = reader

    @torch.inference_mode()
    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The mean over the pixels of each sample, float32 ``[B, D]``; NaN where a sample holds nothing.

        Raises:
            UserError: see `SampleReader`.
        """
        pixels, there = _pixels(self.encoder, self.reader, samples)
        return masked_mean(pixels.flatten(1, 2), there.flatten(1)).cpu().numpy()

    @torch.inference_mode()
    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The mean over the pixels of each patch, float32 ``[B, h, w, D]``; NaN where a patch holds nothing.

        Raises:
            UserError: where windows cannot be cut into patches, and see `SampleReader`.
        """
        return _patches(self.encoder, self.reader, samples).cpu().numpy()

    def trainable(self) -> nn.Module:
        """A copy whose weights have gradients; from samples to tokens of their patches ``[B, h, w, D]``."""
        return _TrainablePresto(deepcopy(self.encoder).requires_grad_(True), self.reader)


class _TrainablePresto(nn.Module):
    def __init__(self, encoder: PrestoEncoder, reader: SampleReader) -> None:
        super().__init__()
        self.encoder = encoder
        self.reader = reader

    def forward(self, samples: Sequence[SampleWindow]) -> Tensor:
        return _patches(self.encoder, self.reader, samples)


def _pixels(encoder: PrestoEncoder, reader: SampleReader, samples: Sequence[SampleWindow]) -> tuple[Tensor, Tensor]:
    """The vector of each pixel, float32 ``[B, H, W, D]``, and which hold anything, bool ``[B, H, W]``."""
    inputs, (height, width) = reader(samples)
    there = inputs.any_seen()
    device = next(encoder.parameters()).device
    # Where a place is all that is known, there is nothing to embed.
    parts = [encoder(part.to(device)).float() for part in inputs.take(there).parts(SERIES_AT_A_TIME)]
    there = there.to(device)
    out = torch.zeros(len(inputs), encoder.embedding_size, device=device)
    if parts:
        out = out.index_put((there.nonzero()[:, 0],), torch.cat(parts))
    shape = (len(samples), height, width)
    return out.unflatten(0, shape), there.unflatten(0, shape)


def _patches(encoder: PrestoEncoder, reader: SampleReader, samples: Sequence[SampleWindow]) -> Tensor:
    pixels, there = _pixels(encoder, reader, samples)
    height, width = there.shape[1:]
    patch = min(reader.inputs.patch_size, height, width)
    if height % patch or width % patch:
        raise UserError(
            f"windows of {height} x {width} cells cannot be cut into patches of {patch}",
            "choose a patch size that divides both sides, or other windows",
        )
    cut = (height // patch, patch, width // patch, patch)
    values = pixels.unflatten(2, cut[2:]).unflatten(1, cut[:2]).transpose(2, 3).flatten(3, 4)
    seen = there.unflatten(2, cut[2:]).unflatten(1, cut[:2]).transpose(2, 3).flatten(3, 4)
    return masked_mean(values, seen)
