"""The part of an encoder that makes targets of patches alone."""

from collections.abc import Mapping

from torch import Tensor, nn

from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.patch_embedding import PatchEmbedding
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.visibility import ENCODE


class TargetProjection(nn.Module):
    """Patch embedding and output projection of an encoder, without the transformer blocks.

    Args:
        patch_embedding: the encoder's.
        output_projection: what all its tokens go through in the end, or None.
    """

    def __init__(self, patch_embedding: PatchEmbedding, output_projection: nn.Linear | None) -> None:
        super().__init__()
        self.patch_embedding = patch_embedding
        self.output_projection = output_projection

    def forward(
        self, batch: Batch, visibility: Tensor, patches: Patches, exits: Mapping[str, int] | None = None
    ) -> EncodedTokens:
        """Embed the tokens whose visibility is ENCODE, each once for all views.

        Args:
            batch: B windows.
            visibility: uint8 ``[V, B, N]``.
            patches: the batch's.
            exits: 0 for every sensor: there are no blocks.
        """
        encode = visibility == ENCODE
        tokens = TokenSelection(encode.flatten(0, 1), batch.device)
        embedded = self.patch_embedding(patches, encode.any(0)).take(tokens.samples(len(batch)), tokens.position)
        return EncodedTokens(embedded if self.output_projection is None else self.output_projection(embedded), tokens)
