"""The predictor: tokens to decode query the encoded ones (cross-attention only, no attention among queries)."""

import torch
from torch import Tensor, nn

from spacenit_core.contracts.build import build
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.nn.blocks import CrossBlock
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.encodings import CompositeEncodings
from spacenit_core.nn.init import init_transformer
from spacenit_core.nn.positions.rotary import rotary
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.visibility import DECODE
from spacenit_core.sensors.selection import SensorSet


class Predictor(nn.Module):
    """Predict the targets of the tokens to decode from the encoded tokens of the same sequence.

    Args:
        config: sizes.
        sensors: the sensors of the model.
        encoder_size: width of the encoded tokens, and of the predictions where the config does not set one.
        max_timesteps: most time steps of a window.
        attention: the attention backend.

    Attributes:
        output_size: width of the predictions.
        input_projection: `encoder_to_decoder_embed` of the released models.
        output_projection: their `to_output_embed`.
        encodings: their `composite_encodings`.
    """

    def __init__(
        self,
        config: PredictorConfig,
        sensors: SensorSet,
        *,
        encoder_size: int,
        max_timesteps: int,
        attention: AttentionConfig,
    ) -> None:
        super().__init__()
        size = config.embedding_size
        backend = build(attention)
        self.input_norm = nn.LayerNorm(encoder_size)
        self.input_projection = nn.Linear(encoder_size, size)
        self.mask_token = nn.Parameter(torch.zeros(size))
        self.encodings = CompositeEncodings(sensors, config, max_timesteps)
        self.rotary = rotary(config, size // config.num_heads)
        self.blocks = nn.ModuleList(CrossBlock(config, backend) for _ in range(config.depth))
        self.norm = nn.LayerNorm(size)
        self.output_size = config.output_embedding_size or encoder_size
        self.output_projection = nn.Linear(size, self.output_size)
        init_transformer(self)

    def forward(self, batch: Batch, visibility: Tensor, encoded: EncodedTokens) -> tuple[Tensor, TokenSelection]:
        """Predict the tokens whose visibility is DECODE.

        Args:
            batch: B windows.
            visibility: uint8 ``[B, N]`` or ``[V, B, N]``, as given to the encoder.
            encoded: what the encoder returned.

        Returns:
            The predictions ``[M, output_size]`` and where the M tokens come from.
        """
        queries = TokenSelection((visibility == DECODE).reshape(-1, visibility.shape[-1]), batch.device)
        context = self._context(batch, encoded)
        x = self.mask_token + self.encodings(batch, queries)
        positions = None
        if self.rotary is not None:
            ours, theirs = (self.rotary.coordinates(batch, tokens) for tokens in (queries, encoded.selection))
            positions = self.rotary.positions(ours), self.rotary.positions(theirs)
        for block in self.blocks:
            x = block(x, queries.sequences, context, encoded.selection.sequences, positions)
        return self.output_projection(self.norm(x)), queries

    def unpredicted(self, batch: Batch, encoded: EncodedTokens) -> Tensor:
        """What comes out for tokens that are not predicted, ``[S, N, output_size]``.

        Encoded tokens pass by the blocks; for all others the result is that of a token of zeros.
        """
        context = EncodedTokens(self._context(batch, encoded), encoded.selection).dense(batch.layout)
        return self.output_projection(self.norm(context))

    def _context(self, batch: Batch, encoded: EncodedTokens) -> Tensor:
        """What the queries attend to, ``[M, D]``."""
        embedded = self.input_projection(self.input_norm(encoded.packed))
        return embedded + self.encodings(batch, encoded.selection)
