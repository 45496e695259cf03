"""Encoder, two predictors and target of Galileo."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Literal

from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_core.models.output import PredictedViews
from spacenit_core.models.parts import make_decoder, make_reconstructor
from spacenit_core.models.targets import TargetedModel, make_target
from spacenit_core.nn.patches import Patches
from spacenit_core.samples.batch import Batch
from spacenit_core.sensors.selection import SensorSet


class Galileo(TargetedModel):
    """Two branches: the first view is decoded by one predictor, the second by another that begins with its weights.

    Args:
        config: encoder, decoder, reconstructor and target.
        sensors: the sensors of the model.

    Attributes:
        config: as given.
        encoder: what is kept after pretraining.
        decoder_a: the predictor of the first view.
        decoder_b: the predictor of the second view.
        reconstructor: makes pixels of the encoded tokens of both views, or None.
        target: a frozen copy of the encoder, or of its part that projects patches.
    """

    def __init__(self, config: GalileoConfig, sensors: SensorSet) -> None:
        super().__init__()
        self.config = config
        self.encoder = config.encoder.build(sensors)
        self.decoder_a = make_decoder(config.decoder, self.encoder)
        self.decoder_b = deepcopy(self.decoder_a)
        self.reconstructor = make_reconstructor(config.reconstructor, self.encoder)
        self.target = make_target(config.target, self.encoder)

    def forward(
        self,
        batch: Batch,
        branch: Literal["a", "b"],
        exits: Mapping[str, int] | None = None,
        *,
        patches: Patches | None = None,
        everything: bool = False,
    ) -> PredictedViews:
        """Encode and predict the view of one branch.

        Args:
            batch: B samples with one view, the branch's.
            branch: which.
            exits: see `spacenit_core.models.targets.target_tokens`; None: projections of patches.
            patches: the batch's patches, where they were cut before.
            everything: whether pixels are made of all patches, not only of those to decode.
        """
        decoder = {"a": self.decoder_a, "b": self.decoder_b}[branch]
        patches = patches or self.encoder.patches(batch)
        return self.predict(batch, decoder, exits or {}, patches=patches, everything=everything)
