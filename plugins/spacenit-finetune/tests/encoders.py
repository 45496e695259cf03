"""Small encoders, and what is predicted by them."""

import os
import signal

import numpy as np
import torch
from attrs import evolve
from torch import nn

from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_evals.embedders.token_embedder import TokenEmbedder

from .labelled import INPUTS, SENSORS


def own_encoder(seed=0):
    torch.manual_seed(seed)
    config = OlmoEarthEncoderConfig(embedding_size=16, depth=1, num_heads=2, max_patch_size=4, drop_path=0.1)
    return TokenEmbedder(config.build(SENSORS), INPUTS)


def predicted(config, samples, embedder=None):
    parts = list(config.build().predict(embedder or own_encoder(), samples))
    return np.concatenate([one.values for one in parts])


class Stopping:
    """Another embedder, which asks the process to stop in one of the model's passes."""

    def __init__(self, whole, at):
        self.whole, self.at = whole, at
        self.pooled, self.grid = whole.pooled, whole.grid

    def trainable(self):
        return _Changed(self.whole.trainable(), at=self.at)


class Halved(TokenEmbedder):
    """The same weights behind another normalisation."""

    def trainable(self):
        return _Changed(super().trainable(), factor=0.5)


class _Changed(nn.Module):
    def __init__(self, whole, at=0, factor=1.0):
        super().__init__()
        self.encoder, self.passes, self.at, self.factor = whole.encoder, 0, at, factor
        self.whole = [whole]

    def forward(self, samples):
        self.passes += 1
        if self.passes == self.at:
            os.kill(os.getpid(), signal.SIGTERM)
        scaled = [{name: values * self.factor for name, values in one.bands.items()} for one in samples]
        return self.whole[0]([evolve(one, bands=bands) for one, bands in zip(samples, scaled, strict=True)])
