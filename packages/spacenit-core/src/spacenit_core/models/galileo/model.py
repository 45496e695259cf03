"""Encoder, two predictors and target of Galileo."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Literal

from spacenit_core.models.output import PredictedViews
from spacenit_core.models.targets import TargetedModel
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.predictor import Predictor
from spacenit_core.samples.batch import Batch


class Galileo(TargetedModel):
    """Two branches: the first view is decoded by one predictor, the second by another that begins with its weights.

    Attributes:
        decoder_a: the predictor of the first view.
        decoder_b: the predictor of the second view.
    """

    def take_decoder(self, decoder: Predictor) -> None:
        """Keep the predictor for the first view, and a copy of it for the second."""
        self.decoder_a = decoder
        self.decoder_b = deepcopy(decoder)

    def forward(
        self,
        batch: Batch,
        branch: Literal["a", "b"],
        exits: Mapping[str, int] | None = None,
        *,
        patches: Patches | None = None,
        reconstruct_all: bool = False,
    ) -> PredictedViews:
        """Encode and predict the view of one branch.

        Args:
            batch: B samples with one view, the branch's.
            branch: which.
            exits: sensor -> number of the target's blocks after which its tokens are taken; 0, a projection of
                the patch, where it is not named.
            patches: the batch's patches, where they were cut before.
            reconstruct_all: whether pixels are made of all patches, not only of those to decode.
        """
        decoder = {"a": self.decoder_a, "b": self.decoder_b}[branch]
        return self.predict(batch, decoder, exits, patches=patches, reconstruct_all=reconstruct_all)
