"""Vectors of samples from Galileo."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_galileo.inputs import GalileoTokens
from spacenit_galileo.network import GalileoEncoder
from spacenit_galileo.reader import SampleReader, tokens_per_sample

MOST_TOKENS = 65_536
"""Tokens that are encoded at a time: memory stays bounded, however large windows are."""


class GalileoEmbedder:
    """Means over encoded tokens; implements `Embedder` and `Trainable`.

    Args:
        encoder: the network, on the device to compute on; put into evaluation mode.
        reader: reads samples for it.
    """

    def __init__(self, encoder: GalileoEncoder, reader: SampleReader) -> None:
        self.encoder = encoder.eval()
        self.reader = reader

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The mean over the tokens of each sample, float32 ``[B, D]``; NaN without any.

        Raises:
            UserError: see `SampleReader`.
        """
        return self._embedded(samples, GalileoTokens.pooled)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """The mean over the tokens of each patch, float32 ``[B, h, w, D]``; NaN without any.

        Raises:
            UserError: see `SampleReader`.
        """
        return self._embedded(samples, GalileoTokens.patches)

    def trainable(self) -> nn.Module:
        """A copy whose weights have gradients; from samples to tokens of their patches ``[B, h, w, D]``."""
        return _TrainableGalileo(deepcopy(self.encoder).requires_grad_(True), self.reader)

    @torch.inference_mode()
    def _embedded(self, samples: Sequence[SampleWindow], of: Callable[[GalileoTokens], Tensor]) -> np.ndarray:
        parts = [of(tokens) for tokens in _encoded(self.encoder, self.reader, samples)]
        return torch.cat(parts).float().cpu().numpy()


class _TrainableGalileo(nn.Module):
    def __init__(self, encoder: GalileoEncoder, reader: SampleReader) -> None:
        super().__init__()
        self.encoder = encoder
        self.reader = reader

    def forward(self, samples: Sequence[SampleWindow]) -> Tensor:
        return torch.cat([tokens.patches() for tokens in _encoded(self.encoder, self.reader, samples)]).float()


def _encoded(encoder: GalileoEncoder, reader: SampleReader, samples: Sequence[SampleWindow]) -> Iterator[GalileoTokens]:
    inputs = reader(samples).to(next(encoder.parameters()).device)
    size = max(1, MOST_TOKENS // max(1, tokens_per_sample(inputs)))
    for part in inputs.parts(size):
        yield encoder(part)
