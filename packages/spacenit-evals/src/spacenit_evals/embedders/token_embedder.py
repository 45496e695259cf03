"""Vectors of samples from an encoder of tokens."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from spacenit_core.nn.base_encoder import BaseEncoder
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.pooling import Pooling, group_features, pool_patches
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals.embedders.batches import batch_of


class TokenEmbedder:
    """Pooled tokens of an encoder; implements `Embedder` and `Trainable`.

    Args:
        encoder: the encoder, on the device to compute on; put into evaluation mode.
        inputs: what the samples hold.
        pooling: of the tokens of a sample, and of each patch.
    """

    def __init__(self, encoder: BaseEncoder, inputs: ModelInputs, pooling: Pooling = "mean") -> None:
        self.encoder = encoder.eval()
        self.inputs = inputs
        self.pooling = pooling

    @torch.inference_mode()
    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The mean or the maximum over the encoded tokens of each sample, float32 ``[B, D]``; NaN without tokens."""
        batch = batch_of(samples, self.inputs).to(_device(self.encoder))
        encoded = self.encoder(batch, batch.visibility[0])
        vectors = encoded.pooled() if self.pooling == "mean" else _largest(encoded)
        there = torch.tensor(encoded.selection.sequences.lengths, device=vectors.device) > 0
        return torch.where(there[:, None], vectors.float(), torch.nan).cpu().numpy()

    @torch.inference_mode()
    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """Mean or maximum over the encoded tokens of each patch, float32 ``[B, h, w, D]``; NaN without tokens."""
        return _patches(self.encoder, self.inputs, samples, self.pooling).cpu().numpy()

    @torch.inference_mode()
    def band_sets(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The mean over the dates of each patch and band set, float32 ``[B, h, w, G, D]``.

        Raises:
            UserError: where no sensor with a grid has all of its tokens in all samples.
        """
        batch = batch_of(samples, self.inputs).to(_device(self.encoder))
        encoded = self.encoder(batch, batch.visibility[0])
        return group_features(encoded, batch.layout).float().cpu().numpy()

    def trainable(self) -> nn.Module:
        """A copy whose weights have gradients; from samples to tokens of their patches ``[B, h, w, D]``."""
        return _TrainableEncoder(deepcopy(self.encoder).requires_grad_(True), self.inputs)


class _TrainableEncoder(nn.Module):
    def __init__(self, encoder: BaseEncoder, inputs: ModelInputs) -> None:
        super().__init__()
        self.encoder = encoder
        self.inputs = inputs

    def forward(self, samples: Sequence[SampleWindow]) -> Tensor:
        return _patches(self.encoder, self.inputs, samples)


def _patches(
    encoder: BaseEncoder, inputs: ModelInputs, samples: Sequence[SampleWindow], pooling: Pooling = "mean"
) -> Tensor:
    batch = batch_of(samples, inputs).to(_device(encoder))
    return pool_patches(encoder(batch, batch.visibility[0]), batch.layout, pooling).float()


def _largest(encoded: EncodedTokens) -> Tensor:
    """The maximum over each sequence's tokens, ``[S, D]``; 0 where nothing was encoded, as in the mean."""
    if not encoded.values.shape[1]:
        return encoded.pooled()
    largest = encoded.values.masked_fill(~encoded.valid[:, :, None], -torch.inf).amax(1)
    return largest.masked_fill(largest == -torch.inf, 0.0)


def _device(encoder: nn.Module) -> torch.device:
    return next(encoder.parameters()).device
