"""Encoder, predictor and target of Latent MIM."""

from collections.abc import Mapping

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.output import PredictedViews
from spacenit_core.models.targets import TargetedModel, make_target
from spacenit_core.samples.batch import Batch
from spacenit_core.sensors.selection import SensorSet


class LatentMIM(TargetedModel):
    """Latent MIM: the tokens of a target encoder are predicted from the encoded visible ones.

    Args:
        config: encoder, decoder and target.
        sensors: the sensors of the model.

    Attributes:
        config: as given.
        encoder: what is kept after pretraining.
        decoder: the predictor.
        target: a frozen copy of the encoder, or of its part that projects patches.
    """

    def __init__(self, config: LatentMIMConfig, sensors: SensorSet) -> None:
        super().__init__()
        self.config = config
        self.encoder = config.encoder.build(sensors)
        self.decoder = config.decoder.build(
            sensors,
            encoder_size=self.encoder.embedding_size,
            max_steps=self.encoder.config.max_sequence_length,
            attention=self.encoder.config.attention,
        )
        self.target = make_target("encoder" if config.target == "encoder" else "projection", self.encoder)

    def forward(self, batch: Batch, exits: Mapping[str, int] | None = None) -> PredictedViews:
        """Encode all views of a batch in one call, predict what each view masks, and compute the targets once.

        Args:
            batch: B samples with V views.
            exits: see :meth:`TargetedModel.targets`; None: projections of patches.
        """
        patches = self.encoder.patches(batch)
        encoded = self.encoder(batch, batch.visibility, patches)
        predicted, tokens = self.decoder(batch, batch.visibility, encoded)
        pooled = self.encoder.project(encoded).unflatten(0, (batch.views, len(batch)))
        target = self.targets(batch, patches, tokens, exits or {})
        return PredictedViews(predicted=predicted, target=target, tokens=tokens, pooled=pooled, encoded=encoded)
