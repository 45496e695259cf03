"""Encoder, reconstructor and predictor of a masked autoencoder."""

from collections.abc import Mapping
from typing import cast

from torch import nn

from spacenit_core.contracts.build import build
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_core.models.output import EncodedViews, PredictedViews
from spacenit_core.models.parts import make_decoder, make_reconstructor, reconstructed
from spacenit_core.models.targets import encoded_targets
from spacenit_core.samples.batch import Batch
from spacenit_core.sensors.selection import SensorSet


class MaskedAutoencoder(nn.Module):
    """Pixels, and where it has a decoder also the online encoder's tokens, of masked patches.

    Args:
        config: encoder, decoder and reconstructor.
        sensors: the sensors of the model.

    Attributes:
        config: as given.
        encoder: what is kept after pretraining.
        decoder: the predictor of tokens, or None.
        reconstructor: makes pixels of the encoded tokens, or None.
    """

    def __init__(self, config: MaskedAutoencoderConfig, sensors: SensorSet) -> None:
        super().__init__()
        self.config = config
        self.encoder = build(config.encoder, sensors)
        self.decoder = None if config.decoder is None else make_decoder(config.decoder, self.encoder)
        self.reconstructor = make_reconstructor(config.reconstructor, self.encoder)

    def forward(
        self, batch: Batch, exits: Mapping[str, int] | None = None, *, reconstruct_all: bool = False
    ) -> EncodedViews:
        """Encode all views of a batch in one call and reconstruct what each masks.

        Args:
            batch: B samples with V views.
            exits: sensor -> blocks of the online encoder after which its tokens are the decoder's targets; 0, a
                projection of the patch, where it is not named.
            reconstruct_all: whether pixels are made of all patches, not only of those to decode.

        Returns:
            The encoded views and their pixels; `PredictedViews` where the model has a decoder.
        """
        patches = self.encoder.patches(batch)
        encoded = self.encoder(batch, batch.visibility, patches, project=True)
        assert encoded.projected is not None
        views = EncodedViews(
            encoded=encoded,
            projected=encoded.projected.unflatten(0, (batch.views, len(batch))),
            reconstructed=reconstructed(self.reconstructor, batch, encoded, reconstruct_all),
        )
        if self.decoder is None:
            return views
        predicted, tokens = self.decoder(batch, batch.visibility, encoded)
        # The encoder as it is: as in the reference, it drops bands and skips blocks for the targets too.
        target = encoded_targets(cast(nn.Module, self.encoder), batch, patches, tokens, exits or {})
        return PredictedViews(
            predicted=predicted,
            target=target,
            tokens=tokens,
            projected=views.projected,
            encoded=encoded,
            reconstructed=views.reconstructed,
        )
