"""The encoder of OlmoEarth v1 (Latent MIM with tokens of many sensors)."""

from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.nn.blocks import SelfBlock
from spacenit_core.nn.config import OlmoEarthEncoderConfig
from spacenit_core.nn.encodings import CompositeEncodings
from spacenit_core.nn.init import init_transformer
from spacenit_core.nn.patch_embedding import PatchEmbedding
from spacenit_core.nn.patches import Patches
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
    """

    def __init__(self, packed: Tensor, selection: TokenSelection) -> None:
        self.packed = packed
        self.selection = selection

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

    Args:
        config: sizes and backend.
        sensors: the sensors it can take.

    Attributes:
        embedding_size: width of the tokens, D.
        sensors: the sensors it can take.
    """

    def __init__(self, config: OlmoEarthEncoderConfig, sensors: SensorSet) -> None:
        super().__init__()
        self.config = config
        self.sensors = sensors
        self.embedding_size = size = config.embedding_size
        backend = config.attention.build()
        self.patch_embedding = PatchEmbedding(sensors, size, config.max_patch_size)
        self.encodings = CompositeEncodings(sensors, size, config.max_sequence_length)
        self.blocks = nn.ModuleList(
            SelfBlock(
                size,
                num_heads=config.num_heads,
                mlp_ratio=config.mlp_ratio,
                drop_path=config.drop_path,
                backend=backend,
            )
            for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(size)
        self.projection = nn.Linear(size, size)
        init_transformer(self)

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

    def forward(self, batch: Batch, visibility: Tensor, patches: Patches | None = None) -> EncodedTokens:
        """Encode the tokens whose visibility is ENCODE.

        Args:
            batch: B windows.
            visibility: uint8 ``[B, N]``, or ``[V, B, N]`` for V views, which are encoded in one call. Nothing else
                says what is encoded; `batch.visibility` is not read.
            patches: the batch's patches, where they were cut before.
        """
        encode = visibility == ENCODE
        patches = patches or self.patches(batch)
        selection = TokenSelection(encode.reshape(-1, encode.shape[-1]))
        wanted = encode.reshape(-1, *encode.shape[-2:]).any(0)
        embedded = self.patch_embedding(patches, wanted).take(selection.samples(len(batch)), selection.position)
        x = embedded + self.encodings(batch, selection)
        for block in self.blocks:
            x = block(x, selection.sequences)
        return EncodedTokens(self.norm(x), selection)

    def project(self, pooled: Tensor) -> Tensor:
        """From pooled tokens ``[S, D]`` to the vectors that views are compared by, ``[S, D]``."""
        return self.projection(pooled)
