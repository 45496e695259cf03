"""The `spacenit` encoder."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from spacenit_core.contracts.build import build
from spacenit_core.nn.base_encoder import BaseEncoder, exits_of_tokens
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.init import init_transformer
from spacenit_core.nn.patch_embedding import PatchEmbedding
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.positions.rotary import RotaryPositions
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.nn.spacenit.blocks import SpaceNitBlock
from spacenit_core.nn.spacenit.config import SpaceNitEncoderConfig
from spacenit_core.nn.spacenit.embeddings import MonthEmbedding, SensorVectors, TypedSequences
from spacenit_core.nn.spacenit.rotary_positions import coordinates, frequencies
from spacenit_core.nn.stack import BlockStack
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.transfer import send
from spacenit_core.samples.visibility import ENCODE
from spacenit_core.sensors.selection import SensorSet


class SpaceNitEncoder(BaseEncoder):
    """Embed patches, add sensor and month, put a learned token before each sensor's, run all through the blocks.

    Only tokens whose visibility is ENCODE exist inside, and a sensor's learned token only where one of them does:
    nothing is computed for the others, nothing depends on them.

    Args:
        config: sizes and backend.
        sensors: the sensors it can take.

    Attributes:
        sensor_embedding: added to all tokens of a sensor.
        sensor_type: the learned tokens, which leave before the tokens come out.
        month: added to all tokens of a time step.
        projection: from a sample's pooled tokens to the vector that views are compared by.
    """

    config: SpaceNitEncoderConfig

    def __init__(self, config: SpaceNitEncoderConfig, sensors: SensorSet) -> None:
        super().__init__(config, sensors)
        self.embedding_size = size = config.embedding_size
        backend = build(config.attention)
        self.patch_embedding = PatchEmbedding(sensors, size, config.max_patch_size)
        self.sensor_embedding = SensorVectors(sensors, size)
        self.sensor_type = SensorVectors(sensors, size)
        self.month = MonthEmbedding(size)
        self.blocks = BlockStack(SpaceNitBlock(config, backend) for _ in range(config.depth))
        self.norm = nn.RMSNorm(size)
        self.projection = nn.Linear(size, size)
        init_transformer(self)

    def encode(
        self, batch: Batch, visibility: Tensor, patches: Patches, exits: Mapping[str, int] | None
    ) -> EncodedTokens:
        """Encode what is visible: only these tokens are embedded and pass the blocks, as far as `exits` lets them."""
        layout, encode = batch.layout, visibility == ENCODE
        tokens = TokenSelection(encode.reshape(-1, encode.shape[-1]), batch.device)
        wanted = encode.reshape(-1, *encode.shape[-2:]).any(0)
        embedded = self.patch_embedding(patches, wanted).take(tokens.samples(len(batch)), tokens.position)
        if exits is not None:
            exit_of = send(exits_of_tokens(exits, layout, self.config.depth), batch.device)[tokens.position]
            if not any(exits.values()):
                return EncodedTokens(embedded, tokens)
        sensor = send(torch.from_numpy(layout.sensor).long(), batch.device)[tokens.position]
        x = embedded + self.sensor_embedding(layout)[sensor] + self.month(batch, tokens)
        typed = TypedSequences(tokens, layout)
        x = typed.join(x, self.sensor_type(layout))
        positions = self._positions(typed.join(coordinates(batch, tokens), x.new_zeros((len(layout.blocks), 3))))
        if exits is None:
            return EncodedTokens(self.norm(typed.leave(self.blocks(x, typed.sequences, positions))), tokens)
        exit_inside = typed.join(exit_of, exit_of.new_zeros(len(layout.blocks)))
        x = self.blocks(x, typed.sequences, positions, exit_inside, max(exits.values()))
        return EncodedTokens(self.norm(torch.where((exit_of == 0)[:, None], embedded, typed.leave(x))), tokens)

    def project(self, encoded: EncodedTokens) -> Tensor:
        """The vectors that views are compared by, one per sequence, ``[S, D]``."""
        return self.projection(encoded.pooled())

    def _positions(self, where: Tensor) -> RotaryPositions:
        head_size = self.config.embedding_size // self.config.num_heads
        return RotaryPositions(where, frequencies(head_size, self.config.rope_base, where.device))
