"""The encoder of OlmoEarth (Latent MIM with tokens of many sensors)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.nn.blocks import SelfBlock
from spacenit_core.nn.companions import Companions
from spacenit_core.nn.config import OlmoEarthEncoderConfig
from spacenit_core.nn.encodings import CompositeEncodings
from spacenit_core.nn.init import init_transformer
from spacenit_core.nn.norms import token_norms
from spacenit_core.nn.patch_embedding import PatchEmbedding
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.positions.rotary import rotary
from spacenit_core.nn.projection import PooledProjection
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import ENCODE
from spacenit_core.sensors.selection import SensorSet


class EncodedTokens:
    """The encoded tokens of S sequences: B samples, or V views of them one view after the other (S = V * B).

    Args:
        packed: ``[M, D]``, one sequence after the other, without padding.
        selection: where the M tokens come from.
        norms: statistics of the tokens' lengths by name, where the encoder was asked for them.
    """

    def __init__(self, packed: Tensor, selection: TokenSelection, norms: dict[str, Tensor] | None = None) -> None:
        self.packed = packed
        self.selection = selection
        self.norms = norms or {}

    @property
    def values(self) -> Tensor:
        """The tokens padded to K, the length of the longest sequence, ``[S, K, D]``; 0 behind the end."""
        return self.selection.sequences.pad(self.packed)

    @property
    def position(self) -> Tensor:
        """Index of each token into the layout, int64 ``[S, K]``; 0 behind the end."""
        return self.selection.sequences.pad(self.selection.position)

    @property
    def valid(self) -> Tensor:
        """Which of the padded places hold a token, bool ``[S, K]``."""
        return self.selection.sequences.valid

    def pooled(self) -> Tensor:
        """The mean over each sequence's tokens, ``[S, D]`` (0 where nothing was encoded)."""
        return self.selection.sequences.mean(self.packed)

    def dense(self, layout: TokenLayout) -> Tensor:
        """All tokens of the layout, ``[S, N, D]``; 0 where not encoded."""
        sequences = self.selection.sequences
        out = self.packed.new_zeros((len(sequences) * len(layout), self.packed.shape[1]))
        out = out.index_copy(0, sequences.number * len(layout) + self.selection.position, self.packed)
        return out.unflatten(0, (len(sequences), len(layout)))

    def by_sensor(self, layout: TokenLayout) -> dict[str, Tensor]:
        """Sensor name -> ``[S, rows, columns, steps, groups, D]``; 0 where not encoded."""
        dense = self.dense(layout)
        return {block.sensor.name: dense[:, block.tokens].unflatten(1, block.shape) for block in layout.blocks}


class Encoder(nn.Module):
    """Embed patches, add encodings, run the tokens to encode through transformer blocks.

    Only tokens whose visibility is ENCODE exist inside: nothing is computed for the others, nothing depends on them.
    The one exception is `mask_missing=False` in evaluation, where zeros fill the shorter samples of a batch up to the
    longest, are attended to and change from block to block, as in the released models' evaluation.

    Args:
        config: sizes, options and backend.
        sensors: the sensors it can take.

    Attributes:
        embedding_size: width of the tokens that come out, D.
        sensors: the sensors it can take.
        patch_embedding: `patch_embeddings` of the released models.
        encodings: their `composite_encodings`.
        register_tokens: ``[R, width inside]``, or None.
        output_projection: their `embedding_projector`, or None where tokens come out as wide as they are inside.
        projection: their `project_and_aggregate`.
    """

    def __init__(self, config: OlmoEarthEncoderConfig, sensors: SensorSet) -> None:
        super().__init__()
        self.config = config
        self.sensors = sensors
        size = config.embedding_size
        self.embedding_size = config.output_embedding_size or size
        backend = config.attention.build()
        self.patch_embedding = PatchEmbedding(sensors, size, config.max_patch_size)
        self.encodings = CompositeEncodings(sensors, config, config.max_sequence_length)
        self.rotary = rotary(config, size // config.num_heads)
        self.register_tokens: nn.Parameter | None = None
        if config.num_register_tokens:
            self.register_tokens = nn.Parameter(torch.empty(config.num_register_tokens, size))
        self.blocks = nn.ModuleList(SelfBlock(config, backend) for _ in range(config.depth))
        self.norm = nn.LayerNorm(size)
        self.output_projection: nn.Linear | None = None
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

    def patches(self, batch: Batch) -> Patches:
        """The batch's patches, for this encoder's patch embedding.

        Raises:
            UserError: where patch size or number of steps are outside of what the encoder was made for.
        """
        layout, config = batch.layout, self.config
        if not config.min_patch_size <= layout.patch_size <= config.max_patch_size:
            raise UserError(
                f"patches of {layout.patch_size} cells were given to an encoder for {config.min_patch_size} to "
                f"{config.max_patch_size}",
                "change the loader's min_patch_size and max_patch_size, or the encoder's",
            )
        if layout.steps > config.max_sequence_length:
            raise UserError(
                f"windows of {layout.steps} steps were given to an encoder for at most {config.max_sequence_length}",
                "raise the encoder's max_sequence_length, or cut the windows in time",
            )
        return Patches(batch, config.max_patch_size)

    def forward(
        self,
        batch: Batch,
        visibility: Tensor,
        patches: Patches | None = None,
        exits: Mapping[str, int] | None = None,
    ) -> EncodedTokens:
        """Encode the tokens whose visibility is ENCODE.

        Args:
            batch: B windows.
            visibility: uint8 ``[B, N]``, or ``[V, B, N]`` for V views, which are encoded in one call. Nothing else
                says what is encoded; `batch.visibility` is not read.
            patches: the batch's patches, where they were cut before.
            exits: sensor -> number of blocks after which its tokens are taken; None for all of them. 0 takes the
                embedded patches, without encodings. The final norm applies to all tokens unless all exits are 0.

        Raises:
            UserError: for exits that do not name a sensor of the batch, or lie beyond the number of blocks.
        """
        encode = visibility == ENCODE
        patches = patches or self.patches(batch)
        selection = TokenSelection(encode.reshape(-1, encode.shape[-1]))
        wanted = encode.reshape(-1, *encode.shape[-2:]).any(0)
        embedded = self.patch_embedding(patches, wanted).take(selection.samples(len(batch)), selection.position)
        exit_of = None if exits is None else self._exit_of(exits, batch.layout).to(encode.device)[selection.position]
        if exits is not None and not any(exits.values()):
            return EncodedTokens(self._as_output(embedded), selection)
        companions = Companions(selection.sequences, self.config.num_register_tokens, self._filling(encode))
        x = companions.join(embedded + self.encodings(batch, selection), self.register_tokens)
        places = None
        if self.rotary is not None:
            places = self.rotary.places(companions.join(self.rotary.coordinates(batch, selection)))
        taken = embedded
        for number, block in enumerate(self.blocks, start=1):
            x = block(x, companions.sequences, places)
            if exit_of is not None:
                taken = torch.where((exit_of == number)[:, None], companions.leave(x), taken)
        tokens = companions.leave(x) if exit_of is None else taken
        norms = token_norms(tokens, companions.registers(x)) if self.config.log_token_norm_stats else None
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

    def _exit_of(self, exits: Mapping[str, int], layout: TokenLayout) -> Tensor:
        """After how many blocks each token of the layout is taken, int64 ``[N]``."""
        unnamed = [name for name in layout.sensor_names if name not in exits]
        if unnamed:
            raise UserError(
                f"token exits do not name {', '.join(unnamed)}", "give a number of blocks for every sensor of the batch"
            )
        depth = self.config.depth
        beyond = [f"{name}={number}" for name, number in exits.items() if not 0 <= number <= depth]
        if beyond:
            raise UserError(f"token exits must lie between 0 and {depth}, the encoder's depth: {', '.join(beyond)}")
        return torch.tensor([exits[name] for name in layout.sensor_names])[torch.from_numpy(layout.sensor).long()]
