"""Presto as an encoder that is trained."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spacenit_core.nn.base_encoder import exits_of_tokens
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.sequences import Sequences, TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet
from spacenit_presto.network import PrestoEncoder
from spacenit_presto.token_embedding import TokenEmbedding, TokenEncodings, check_layout

if TYPE_CHECKING:
    from spacenit_presto.encoder_config import PrestoSeries


class PrestoTokenEncoder(nn.Module):
    """Presto's blocks over the tokens of each cell; implements `spacenit_core.kinds.encoders.TokenEncoder`.

    Tokens of sensors without a grid attend to one another.

    Args:
        config: the settings.
        sensors: the sensors it can take.
        trained: whose weights it begins with; it is taken apart.
    """

    def __init__(self, config: "PrestoSeries", sensors: SensorSet, trained: PrestoEncoder) -> None:
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
        check_layout(batch.layout, self.config.max_sequence_length)

    def target_projection(self) -> nn.Module:
        """The embedding, with the encoder's own weights."""
        return _Targets(self.embedding)

    def _through(self, embedded: EncodedTokens, batch: Batch, exits: Mapping[str, int] | None) -> Tensor:
        """Tokens after all blocks, or after as many as their sensors' exits say, ``[M, D]``."""
        selection = embedded.selection
        if not len(selection):
            return embedded.packed
        order, series = by_cell(selection, batch.layout)
        back = order.argsort()
        x = series.pad((embedded.packed + self.encodings(batch, selection))[order])
        depths = dict.fromkeys(batch.layout.sensor_names, len(self.blocks)) if exits is None else exits
        exit_of = exits_of_tokens(depths, batch.layout, len(self.blocks)).to(x.device)[selection.position]
        taken = embedded.packed
        for number, block in enumerate(self.blocks, start=1):
            x = block(x, series.valid[:, None, None])
            taken = torch.where((exit_of == number)[:, None], series.unpad(x)[back], taken)
        return taken


def by_cell(selection: TokenSelection, layout: TokenLayout) -> tuple[Tensor, Sequences]:
    """The order that brings the tokens of each cell of each sequence together, int64 ``[M]``, and how they divide."""
    cell = torch.from_numpy(layout.row * layout.columns + layout.column).long()
    # What has no grid lies behind the last cell.
    spatial = torch.tensor([block.sensor.spatial for block in layout.blocks])[torch.from_numpy(layout.sensor).long()]
    cell = torch.where(spatial, cell, layout.rows * layout.columns)
    on_host = selection.on_host
    key = on_host.sequences.number * (layout.rows * layout.columns + 1) + cell[on_host.position]
    device = selection.position.device
    counts = torch.unique(key, return_counts=True)[1]
    return key.argsort(stable=True).to(device), Sequences(counts, device)


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
