"""The layers of model `letters`."""

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from acme_text.model import LettersConfig

BYTES = 256


class Reader(nn.Module):
    """From bytes int64 ``[B, T]`` to features ``[B, T, D]`` of which each has seen what is before it."""

    def __init__(self, config: LettersConfig) -> None:
        super().__init__()
        width = config.width
        self.bytes, self.positions = nn.Embedding(BYTES, width), nn.Embedding(config.longest, width)
        self.norm, self.qkv = nn.LayerNorm(width), nn.Linear(width, 3 * width)
        self.layers = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        features = self.bytes(tokens) + self.positions.weight[: tokens.shape[1]]
        query, key, value = self.qkv(self.norm(features)).chunk(3, -1)
        features = features + self.dropout(scaled_dot_product_attention(query, key, value, is_causal=True))
        out: torch.Tensor = features + self.dropout(self.layers(features))
        return out


class Letters(nn.Module):
    """The reader, and a head for the next byte: ``[B, T]`` to ``[B, T, 256]``."""

    def __init__(self, config: LettersConfig) -> None:
        super().__init__()
        self.encoder, self.head = Reader(config), nn.Linear(config.width, BYTES)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(self.encoder(tokens))
        return out
