"""Encoder, predictor and target of Latent MIM."""

from copy import deepcopy

import torch
from attrs import frozen
from torch import Tensor, nn

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.visibility import DECODE
from spacenit_core.sensors.selection import SensorSet


@frozen(kw_only=True)
class LatentMIMOutput:
    """What comes out for the V views of a batch; sequence v * B + b is view v of sample b.

    Attributes:
        predicted: ``[M, D]``, predictions of the tokens to decode, sequence after sequence.
        target: ``[M, D]``, their targets, without gradient.
        tokens: where the M tokens come from.
        pooled: ``[V, B, D]``, the projected mean of the encoded tokens.
        encoded: the encoded tokens of all V * B sequences.
    """

    predicted: Tensor
    target: Tensor
    tokens: TokenSelection
    pooled: Tensor
    encoded: EncodedTokens


class LatentMIM(nn.Module):
    """Latent MIM whose target is the encoder's own patch embedding, as it was when training began.

    Args:
        config: encoder and decoder.
        sensors: the sensors of the model.

    Attributes:
        encoder: what is kept after pretraining.
        decoder: the predictor.
        target: a frozen copy of the encoder's patch embedding.
    """

    def __init__(self, config: LatentMIMConfig, sensors: SensorSet) -> None:
        super().__init__()
        self.encoder = config.encoder.build(sensors)
        self.decoder = config.decoder.build(
            sensors,
            encoder_size=self.encoder.embedding_size,
            max_steps=self.encoder.config.max_sequence_length,
            attention=self.encoder.config.attention,
        )
        self.target = deepcopy(self.encoder.patch_embedding).requires_grad_(False)

    def forward(self, batch: Batch) -> LatentMIMOutput:
        """Encode all views of a batch in one call, predict what each view masks, and embed the targets once."""
        patches = self.encoder.patches(batch)
        encoded = self.encoder(batch, batch.visibility, patches)
        predicted, tokens = self.decoder(batch, batch.visibility, encoded)
        pooled = self.encoder.project(encoded).unflatten(0, (batch.views, len(batch)))
        target = self._targets(batch, patches, tokens)
        return LatentMIMOutput(predicted=predicted, target=target, tokens=tokens, pooled=pooled, encoded=encoded)

    @torch.no_grad()
    def _targets(self, batch: Batch, patches: Patches, tokens: TokenSelection) -> Tensor:
        wanted = (batch.visibility == DECODE).any(0)
        return self.target(patches, wanted).take(tokens.samples(len(batch)), tokens.position)

    @torch.no_grad()
    def update_target(self, decay: float) -> None:
        """Move the target towards the encoder's patch embedding: target = decay * target + (1 - decay) * online."""
        online = self.encoder.patch_embedding.parameters()
        for target, source in zip(self.target.parameters(), online, strict=True):
            target.lerp_(source, 1.0 - decay)
