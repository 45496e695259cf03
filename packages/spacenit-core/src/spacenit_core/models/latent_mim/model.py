"""Encoder, predictor and target of Latent MIM."""

from collections.abc import Mapping

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.output import PredictedViews
from spacenit_core.models.parts import make_decoder, make_reconstructor
from spacenit_core.models.targets import TargetedModel, make_target
from spacenit_core.nn.patches import Patches
from spacenit_core.samples.batch import Batch
from spacenit_core.sensors.selection import SensorSet


class LatentMIM(TargetedModel):
    """Latent MIM: the tokens of a target encoder are predicted from the encoded visible ones.

    Args:
        config: encoder, decoder, reconstructor and target.
        sensors: the sensors of the model.

    Attributes:
        config: as given.
        encoder: what is kept after pretraining.
        decoder: the predictor.
        reconstructor: makes pixels of the encoded tokens, or None.
        target: a frozen copy of the encoder, or of its part that projects patches.
    """

    def __init__(self, config: LatentMIMConfig, sensors: SensorSet) -> None:
        super().__init__()
        self.config = config
        self.encoder = config.encoder.build(sensors)
        self.decoder = make_decoder(config.decoder, self.encoder)
        self.reconstructor = make_reconstructor(config.reconstructor, self.encoder)
        self.target = make_target(config.target, self.encoder)

    def forward(
        self,
        batch: Batch,
        exits: Mapping[str, int] | None = None,
        *,
        patches: Patches | None = None,
        everything: bool = False,
    ) -> PredictedViews:
        """Encode all views of a batch in one call, predict what each view masks, and compute the targets once.

        Args:
            batch: B samples with V views.
            exits: see `spacenit_core.models.targets.target_tokens`; None: projections of patches.
            patches: the batch's patches, where they were cut before.
            everything: whether pixels are made of all patches, not only of those to decode.
        """
        patches = patches or self.encoder.patches(batch)
        return self.predict(batch, self.decoder, exits or {}, patches=patches, everything=everything)
