"""Target encoders: what makes the tokens that are to be predicted."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Literal, cast

import torch
from torch import Tensor, nn

from spacenit_core import initial_weights
from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.encoders import TokenEncoder
from spacenit_core.models.output import PredictedViews
from spacenit_core.models.parts import make_decoder, make_reconstructor, reconstructed
from spacenit_core.models.targeted import TargetedSettings
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.predictor import Predictor
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet

TargetKind = Literal["auto", "projection", "encoder"]
"""What of the encoder is copied: all of it, or what makes projections of patches (also where it is left open)."""


def make_target(kind: TargetKind, encoder: TokenEncoder) -> nn.Module:
    """A copy of an encoder, or of its part that projects patches, that no optimizer changes."""
    target = cast(nn.Module, deepcopy(encoder if kind == "encoder" else encoder.target_projection()))
    return target.requires_grad_(False)


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
            exits: sensor -> number of the target's blocks after which its tokens are taken; 0 where it is not named.
            patches: the batch's patches, for the encoder, where they were cut before.
            reconstruct_all: whether pixels are made of all patches, not only of those to decode.
        """
        patches = patches or self.encoder.patches(batch)
        encoded = self.encoder(batch, batch.visibility, patches, project=True)
        assert encoded.projected is not None
        predicted, tokens = decoder(batch, batch.visibility, encoded)
        return PredictedViews(
            predicted=predicted,
            target=self._targets(batch, patches, tokens, exits or {}),
            tokens=tokens,
            projected=encoded.projected.unflatten(0, (batch.views, len(batch))),
            encoded=encoded,
            reconstructed=reconstructed(self.reconstructor, batch, encoded, reconstruct_all),
        )

    def _targets(
        self, batch: Batch, patches: Patches | None, tokens: TokenSelection, exits: Mapping[str, int]
    ) -> Tensor:
        """The targets of the M tokens to predict, ``[M, D]``; as long as all exits are 0, of nothing else."""
        if not any(exits.get(name, 0) for name in batch.layout.sensor_names):
            return projected_targets(self.target, batch, patches)
        if self.config.target != "encoder":
            raise UserError("the target has no blocks to take tokens from", "give --model.target=encoder")
        return encoded_targets(self.target, batch, patches, tokens, exits)

    @torch.no_grad()
    def update_target(self, decay: float) -> None:
        """Move the target towards the encoder: target = decay * target + (1 - decay) * online, weight by weight."""
        online = dict(cast(nn.Module, self.encoder).named_parameters())
        for name, weight in self.target.named_parameters():
            weight.lerp_(online[name], 1.0 - decay)

    @torch.no_grad()
    def reinit_target(self) -> None:
        """Draw all weights of the target anew, as those of a new encoder, so that it has nothing of the online one."""
        with initial_weights.drawn():
            fresh = build(self.encoder.config, self.encoder.sensors)
        self.target.load_state_dict(make_target(self.config.target, fresh).state_dict())


@torch.no_grad()
def projected_targets(target: nn.Module, batch: Batch, patches: Patches | None) -> Tensor:
    """Projections of the patches to predict, ``[M, D]``, in the order of a predictor's; what views share is made once.

    Args:
        target: an encoder, or its `target_projection`.
        batch: the batch.
        patches: its patches, for the encoder.
    """
    visibility = torch.full_like(batch.visibility, MISSING).masked_fill(batch.visibility == DECODE, ENCODE)
    none = dict.fromkeys(batch.layout.sensor_names, 0)
    projected: EncodedTokens = target(batch, visibility, patches, none)
    return projected.packed


@torch.no_grad()
def encoded_targets(
    target: nn.Module, batch: Batch, patches: Patches | None, tokens: TokenSelection, exits: Mapping[str, int]
) -> Tensor:
    """The targets of some tokens, ``[M, D]``, where the target encodes every token that is not missing.

    Args:
        target: an encoder.
        batch: the batch.
        patches: its patches, for the encoder.
        tokens: the M tokens to decode, as the predictor returned them.
        exits: sensor -> number of the target's blocks after which its tokens are taken; 0 where it is not named.

    Raises:
        UserError: for exits that the target does not have.
    """
    depths = {name: exits.get(name, 0) for name in batch.layout.sensor_names}
    unmasked = batch.visibility.masked_fill(batch.visibility != MISSING, ENCODE)
    if bool((unmasked == unmasked[:1]).all()):
        unmasked = unmasked[:1]
    return _taken(target(batch, unmasked, patches, depths), tokens, batch)


def _taken(encoded: EncodedTokens, tokens: TokenSelection, batch: Batch) -> Tensor:
    """Some tokens of the views of a batch, from those views encoded, or from one that stands for all of them."""
    sequences = encoded.selection.sequences
    row = encoded.selection.position.new_zeros((len(sequences), len(batch.layout)))
    row[sequences.number, encoded.selection.position] = torch.arange(sequences.total, device=row.device)
    return encoded.packed.index_select(0, row[tokens.sequences.number % len(sequences), tokens.position])
