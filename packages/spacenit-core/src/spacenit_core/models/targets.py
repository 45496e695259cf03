"""Target encoders: what makes the tokens that are to be predicted."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Literal

import torch
from torch import Tensor, nn

from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.models.output import PredictedViews
from spacenit_core.models.parts import make_decoder, make_reconstructor, reconstructed
from spacenit_core.models.targeted import TargetedSettings
from spacenit_core.nn.base_encoder import BaseEncoder
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.predictor import Predictor
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet

TargetKind = Literal["auto", "projection", "encoder"]
"""What of the encoder is copied: all of it, or what makes projections of patches (also where it is left open)."""


class TargetProjection(nn.Module):
    """The part of an encoder that projects patches, without the transformer blocks."""

    def __init__(self, encoder: BaseEncoder) -> None:
        super().__init__()
        self.patch_embedding = encoder.patch_embedding
        self.output_projection = encoder.output_projection


def make_target(kind: TargetKind, encoder: BaseEncoder) -> BaseEncoder | TargetProjection:
    """A copy of an encoder, or of its part that projects patches, that no optimizer changes."""
    target = deepcopy(encoder if kind == "encoder" else TargetProjection(encoder))
    target.requires_grad_(False)
    return target


class TargetedModel(nn.Module):
    """Base of models whose predictions are compared with the tokens of a target encoder.

    The target is in the same mode as the model: as in the reference, where it too skips blocks in training.

    Args:
        config: encoder, decoder, reconstructor and target.
        sensors: the sensors of the model.

    Attributes:
        config: as given.
        encoder: what is kept after pretraining.
        reconstructor: makes pixels of the encoded tokens, or None.
        target: a copy of the encoder or of its part that projects patches, as it was when training began, or following
            it slowly; no optimizer changes it.
    """

    def __init__(self, config: TargetedSettings, sensors: SensorSet) -> None:
        super().__init__()
        self.config = config
        self.encoder = build(config.encoder, sensors)
        self.take_decoder(make_decoder(config.decoder, self.encoder))
        self.reconstructor = make_reconstructor(config.reconstructor, self.encoder)
        self.target = make_target(config.target, self.encoder)

    def take_decoder(self, decoder: Predictor) -> None:
        """Keep the predictor that was made for the encoder, under the names that the model has for it."""
        raise NotImplementedError

    def predict(
        self,
        batch: Batch,
        decoder: Predictor,
        exits: Mapping[str, int] | None,
        *,
        patches: Patches | None,
        reconstruct_all: bool,
    ) -> PredictedViews:
        """Encode all views of a batch in one call, predict what each view masks, and compute the targets once.

        Args:
            batch: the batch.
            decoder: what predicts.
            exits: see :func:`target_tokens`; None: projections of patches.
            patches: the batch's patches, for the encoder, where they were cut before.
            reconstruct_all: whether pixels are made of all patches, not only of those to decode.
        """
        patches = patches or self.encoder.patches(batch)
        encoded = self.encoder(batch, batch.visibility, patches)
        predicted, tokens = decoder(batch, batch.visibility, encoded)
        return PredictedViews(
            predicted=predicted,
            target=target_tokens(self.target, batch, patches, tokens, exits or {}),
            tokens=tokens,
            projected=self.encoder.project(encoded).unflatten(0, (batch.views, len(batch))),
            encoded=encoded,
            reconstructed=reconstructed(self.reconstructor, batch, encoded, reconstruct_all),
        )

    @torch.no_grad()
    def update_target(self, decay: float) -> None:
        """Move the target towards the encoder: target = decay * target + (1 - decay) * online, weight by weight."""
        online = dict(self.encoder.named_parameters())
        for name, weight in self.target.named_parameters():
            weight.lerp_(online[name], 1.0 - decay)

    @torch.no_grad()
    def reinit_target(self) -> None:
        """Draw all weights of the target anew, as those of a new encoder, so that it has nothing of the online one."""
        fresh = build(self.encoder.config, self.encoder.sensors)
        weights = fresh.state_dict()
        self.target.load_state_dict({name: weights[name] for name in self.target.state_dict()})


@torch.no_grad()
def target_tokens(
    target: BaseEncoder | TargetProjection,
    batch: Batch,
    patches: Patches,
    tokens: TokenSelection,
    exits: Mapping[str, int],
) -> Tensor:
    """The targets of the tokens to predict, ``[M, D]``; what views have in common is computed once.

    Args:
        target: what makes them.
        batch: the batch.
        patches: its patches, for the encoder.
        tokens: the M tokens to decode, as the predictor returned them.
        exits: sensor -> number of the target's blocks after which its tokens are taken; 0 where it is not named. As
            long as all are 0, tokens are projections of patches and only the wanted ones are computed.

    Raises:
        UserError: for exits that the target does not have.
    """
    if any(exits.get(name, 0) for name in batch.layout.sensor_names):
        if isinstance(target, TargetProjection):
            raise UserError("the target has no blocks to take tokens from", "give --model.target=encoder")
        return encoded_targets(target, batch, patches, tokens, exits)
    wanted = (batch.visibility == DECODE).any(0)
    embedded = target.patch_embedding(patches, wanted).take(tokens.samples(len(batch)), tokens.position)
    return embedded if target.output_projection is None else target.output_projection(embedded)


@torch.no_grad()
def encoded_targets(
    target: BaseEncoder, batch: Batch, patches: Patches, tokens: TokenSelection, exits: Mapping[str, int]
) -> Tensor:
    """The same where the target encodes every token that is not missing; see :func:`target_tokens`."""
    depths = {name: exits.get(name, 0) for name in batch.layout.sensor_names}
    unmasked = batch.visibility.masked_fill(batch.visibility != MISSING, ENCODE)
    if bool((unmasked == unmasked[:1]).all()):
        unmasked = unmasked[:1]
    return _taken(target(batch, unmasked, patches, depths), tokens, batch)


def _taken(encoded: EncodedTokens, tokens: TokenSelection, batch: Batch) -> Tensor:
    """Some tokens of the views of a batch, from those views encoded, or from one that stands for all of them."""
    sequences = encoded.selection.sequences
    place = encoded.selection.position.new_zeros((len(sequences), len(batch.layout)))
    place[sequences.number, encoded.selection.position] = torch.arange(sequences.total, device=place.device)
    return encoded.packed.index_select(0, place[tokens.sequences.number % len(sequences), tokens.position])
