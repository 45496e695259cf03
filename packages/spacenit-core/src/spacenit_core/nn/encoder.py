"""The encoder of OlmoEarth (Latent MIM with tokens of many sensors)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from spacenit_core.contracts.build import build
from spacenit_core.nn.band_dropout import BandDropout
from spacenit_core.nn.base_encoder import BaseEncoder, exits_of_tokens
from spacenit_core.nn.blocks import SelfBlock
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.encodings import CompositeEncodings
from spacenit_core.nn.extra_tokens import ExtraTokens
from spacenit_core.nn.init import init_transformer
from spacenit_core.nn.norms import token_norms
from spacenit_core.nn.patch_embedding import PatchEmbedding
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.positions.rotary import rotary
from spacenit_core.nn.projection import PooledProjection
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.nn.stack import BlockStack
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.transfer import send
from spacenit_core.samples.visibility import ENCODE
from spacenit_core.sensors.selection import SensorSet


class Encoder(BaseEncoder):
    """Embed patches, add encodings, run the tokens to encode through transformer blocks.

    Only tokens whose visibility is ENCODE exist inside: nothing is computed for the others, nothing depends on them.
    The one exception is `mask_missing=False` in evaluation, where zeros fill the shorter samples of a batch up to the
    longest, are attended to and change from block to block, as in the released models' evaluation.

    Args:
        config: sizes, options and backend.
        sensors: the sensors it can take.

    Attributes:
        patch_embedding: `patch_embeddings` of the released models.
        encodings: their `composite_encodings`.
        register_tokens: ``[R, width inside]``, or None.
        output_projection: their `embedding_projector`, or None where tokens come out as wide as they are inside.
        projection: their `project_and_aggregate`.
    """

    config: OlmoEarthEncoderConfig

    def __init__(self, config: OlmoEarthEncoderConfig, sensors: SensorSet) -> None:
        super().__init__(config, sensors)
        size = config.embedding_size
        self.embedding_size = config.output_embedding_size or size
        backend = build(config.attention)
        self.patch_embedding = PatchEmbedding(
            sensors,
            size,
            config.max_patch_size,
            pixel_sizes=config.patch_embed_hidden_sizes or (),
            post_sizes=config.post_proj_hidden_sizes or (),
        )
        self.band_dropout = BandDropout(
            config.band_dropout_rate,
            random=config.random_band_dropout,
            names=config.band_dropout_modalities,
            sensors=sensors,
        )
        self.encodings = CompositeEncodings(sensors, config, config.max_sequence_length)
        self.rotary = rotary(config, size // config.num_heads)
        self.register_tokens: nn.Parameter | None = None
        if config.num_register_tokens:
            self.register_tokens = nn.Parameter(torch.empty(config.num_register_tokens, size))
        self.blocks = BlockStack(SelfBlock(config, backend) for _ in range(config.depth))
        self.norm = nn.LayerNorm(size)
        if config.output_embedding_size is not None:
            self.output_projection = nn.Linear(size, config.output_embedding_size)
        self.projection = PooledProjection(
            self.embedding_size, config.num_projection_layers, aggregate_first=config.aggregate_then_project
        )
        self._init_weights()

    def _init_weights(self) -> None:
        init_transformer(self)
        if self.register_tokens is not None:
            nn.init.xavier_uniform_(self.register_tokens)
        if self.config.frozen_patch_embeddings:
            self.patch_embedding.requires_grad_(False)

    def encode(
        self, batch: Batch, visibility: Tensor, patches: Patches, exits: Mapping[str, int] | None
    ) -> EncodedTokens:
        """Encode what is visible: only these tokens are embedded and pass the blocks, as far as `exits` lets them."""
        encode = visibility == ENCODE
        selection = TokenSelection(encode.reshape(-1, encode.shape[-1]), batch.device)
        views = encode.reshape(-1, *encode.shape[-2:])
        kept = self.band_dropout(batch.layout, len(views), len(batch), batch.device)
        embedded = self.patch_embedding(patches, views, kept).take(selection.sequences.number, selection.position)
        if exits is not None:
            exit_of = send(exits_of_tokens(exits, batch.layout, self.config.depth), batch.device)[selection.position]
            if not any(exits.values()):
                return EncodedTokens(self._as_output(embedded), selection)
        extra = ExtraTokens(selection.sequences, self.config.num_register_tokens, self._filling(encode))
        x = extra.join(embedded + self.encodings(batch, selection), self.register_tokens)
        positions = None
        if self.rotary is not None:
            positions = self.rotary.positions(extra.join(self.rotary.coordinates(batch, selection)))
        if exits is not None:
            x = self.blocks(x, extra.sequences, positions, extra.join(exit_of), max(exits.values()))
            tokens = torch.where((exit_of == 0)[:, None], embedded, extra.leave(x))
            return EncodedTokens(self._as_output(self.norm(tokens)), selection)
        x = self.blocks(x, extra.sequences, positions)
        tokens = extra.leave(x)
        norms = token_norms(tokens, extra.registers(x)) if self.config.log_token_norm_stats else {}
        return EncodedTokens(self._as_output(self.norm(tokens)), selection, norms)

    def project(self, encoded: EncodedTokens) -> Tensor:
        """The vectors that views are compared by, one per sequence, ``[S, D]``."""
        return self.projection(encoded.packed, encoded.selection.sequences)

    def _as_output(self, tokens: Tensor) -> Tensor:
        return tokens if self.output_projection is None else self.output_projection(tokens)

    def _filling(self, encode: Tensor) -> Tensor | None:
        """How many zeros fill each sequence up to the longest of its view, int64 ``[S]``; None for none."""
        if self.training or self.config.mask_missing:
            return None
        counts = encode.sum(-1)
        return (counts.amax(-1, keepdim=True) - counts).flatten()
