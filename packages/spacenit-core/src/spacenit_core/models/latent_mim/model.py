"""Encoder, predictor and target of Latent MIM."""

from collections.abc import Mapping

from spacenit_core.models.output import PredictedViews
from spacenit_core.models.targets import TargetedModel
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.predictor import Predictor
from spacenit_core.samples.batch import Batch


class LatentMIM(TargetedModel):
    """Latent MIM: the tokens of a target encoder are predicted from the encoded visible ones.

    Attributes:
        decoder: the predictor.
    """

    def take_decoder(self, decoder: Predictor) -> None:
        """Keep the predictor."""
        self.decoder = decoder

    def forward(
        self,
        batch: Batch,
        exits: Mapping[str, int] | None = None,
        *,
        patches: Patches | None = None,
        reconstruct_all: bool = False,
    ) -> PredictedViews:
        """Encode all views of a batch in one call, predict what each view masks, and compute the targets once.

        Args:
            batch: B samples with V views.
            exits: sensor -> number of the target's blocks after which its tokens are taken; 0, a projection of
                the patch, where it is not named.
            patches: the batch's patches, where they were cut before.
            reconstruct_all: whether pixels are made of all patches, not only of those to decode.
        """
        return self.predict(batch, self.decoder, exits, patches=patches, reconstruct_all=reconstruct_all)
