"""Galileo as an encoder that is trained."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spacenit_core.nn.base_encoder import exits_of_tokens
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.samples.batch import Batch
from spacenit_core.sensors.selection import SensorSet
from spacenit_galileo.network import GalileoEncoder
from spacenit_galileo.token_embedding import TokenEmbedding, TokenEncodings, check_layout

if TYPE_CHECKING:
    from spacenit_galileo.encoder_config import GalileoNano


class GalileoTokenEncoder(nn.Module):
    """Galileo's blocks over the tokens of our batches; implements `spacenit_core.kinds.encoders.TokenEncoder`.

    Args:
        config: the settings.
        sensors: the sensors it can take.
        trained: whose weights it begins with; it is taken apart.
    """

    def __init__(self, config: "GalileoNano", sensors: SensorSet, trained: GalileoEncoder) -> None:
        super().__init__()
        self.config = config
        self.sensors = sensors
        self.embedding_size = trained.embedding_size
        self.embedding = TokenEmbedding(sensors, trained)
        self.encodings = TokenEncodings(sensors, trained)
        self.blocks = trained.blocks
        self.norm = trained.norm
        self.projection = nn.Linear(self.embedding_size, self.embedding_size)

    def forward(
        self,
        batch: Batch,
        visibility: Tensor,
        patches: None = None,
        exits: Mapping[str, int] | None = None,
        *,
        project: bool = False,
    ) -> EncodedTokens:
        """Encode the tokens whose visibility is ENCODE: see `TokenEncoder`."""
        self.patches(batch)
        embedded: EncodedTokens = self.embedding(batch, visibility)
        if exits is None or any(exits.values()):
            encoded = EncodedTokens(self.norm(self._through(embedded, batch, exits)), embedded.selection)
        else:
            exits_of_tokens(exits, batch.layout, len(self.blocks))
            encoded = embedded
        if project:
            encoded.projected = self.projection(encoded.pooled())
        return encoded

    def patches(self, batch: Batch) -> None:
        """Nothing is shared of a batch; it is checked.

        Raises:
            UserError: for other patches or longer series than the encoder was made for.
        """
        config = self.config
        check_layout(batch.layout, config.min_patch_size, config.max_patch_size, config.max_sequence_length)

    def target_projection(self) -> nn.Module:
        """The embedding, with the encoder's own weights."""
        return _Targets(self.embedding)

    def _through(self, embedded: EncodedTokens, batch: Batch, exits: Mapping[str, int] | None) -> Tensor:
        """Tokens after all blocks, or after as many as their sensors' exits say, ``[M, D]``."""
        selection, sequences = embedded.selection, embedded.selection.sequences
        if not sequences.total:
            return embedded.packed
        x = sequences.pad(embedded.packed + self.encodings(batch, selection))
        # A sequence without any token would attend to nothing, which is no number, nor are its gradients.
        mask = (sequences.valid | ~sequences.valid.any(dim=1, keepdim=True))[:, None, None]
        if exits is None:
            for block in self.blocks:
                x = block(x, mask)
            return sequences.unpad(x)
        exit_of = exits_of_tokens(exits, batch.layout, len(self.blocks)).to(x.device)[selection.position]
        taken = embedded.packed
        for number, block in enumerate(self.blocks, start=1):
            x = block(x, mask)
            taken = torch.where((exit_of == number)[:, None], sequences.unpad(x), taken)
        return taken


class _Targets(nn.Module):
    """Targets of patches alone; its weights have the names that the encoder's have."""

    def __init__(self, embedding: TokenEmbedding) -> None:
        super().__init__()
        self.embedding = embedding

    def forward(
        self, batch: Batch, visibility: Tensor, patches: None = None, exits: Mapping[str, int] | None = None
    ) -> EncodedTokens:
        out: EncodedTokens = self.embedding(batch, visibility, patches, exits)
        return out
