"""Configs of encoders and predictors."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.encoders import EncoderAbility, EncoderConfig
from spacenit_core.nn.attention.config import AutoAttentionConfig
from spacenit_core.nn.embedding_config import PatchEmbeddingConfig
from spacenit_core.nn.positions.config import PositionConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.nn.encoder import Encoder
    from spacenit_core.nn.predictor import Predictor
    from spacenit_core.nn.reconstructor import Reconstructor


@frozen(kw_only=True)
class TransformerConfig(PositionConfig):
    """What the transformers of encoder and predictor share."""

    embedding_size: int = setting(
        "width of the tokens inside; a multiple of 16, of 8 where positions are rotary or absent", 768
    )
    depth: int = setting("number of transformer blocks", 12, validator=at_least(1))
    num_heads: int = setting("attention heads; they divide embedding_size", 12, validator=at_least(1))
    mlp_ratio: float = setting("width of the hidden layer of a block, in embedding sizes", 4.0, validator=above(0))
    drop_path: float = setting("probability of skipping a block's branch, per sample", 0.0, validator=between(0, 0.999))
    qk_norm: bool = setting("normalise the queries and keys of each head", False)
    learnable_channel_embeddings: bool = setting("train what is added to the tokens of each band group", True)
    random_channel_embeddings: bool = setting("draw it at random at first, rather than 0", False)
    output_embedding_size: int | None = setting(
        "width of the tokens that come out; as inside if none", None, validator=at_least(1)
    )

    def __attrs_post_init__(self) -> None:
        self.check_sizes(self.embedding_size, self.num_heads)


@frozen(kw_only=True)
class OlmoEarthEncoderConfig(PatchEmbeddingConfig, TransformerConfig, EncoderConfig):
    """The encoder of OlmoEarth: one token per patch, time step and band group (arXiv:2511.13655)."""

    provides: ClassVar[tuple[EncoderAbility, ...]] = ("projection", "targets", "exits")

    drop_path: float = setting("probability of skipping a block's branch, per sample", 0.1, validator=between(0, 0.999))
    min_patch_size: int = setting("smallest patch, in grid cells", 1, validator=at_least(1))
    max_patch_size: int = setting(
        "largest patch, in grid cells; all patches are resized to it", 8, validator=at_least(1)
    )
    max_sequence_length: int = setting("most time steps of a window", 12, validator=at_least(1))
    num_register_tokens: int = setting(
        "learned tokens that attend and are attended to in every block, and dropped at the end (arXiv:2309.16588)",
        0,
        validator=at_least(0),
    )
    num_projection_layers: int = setting(
        "layers from tokens to the vectors that views are compared by", 1, validator=at_least(1)
    )
    aggregate_then_project: bool = setting("average a view's tokens before these layers, rather than after", True)
    frozen_patch_embeddings: bool = setting("leave the patch embedding as drawn (arXiv:2104.02057)", False)
    log_token_norm_stats: bool = setting("report how long tokens and registers are after the blocks", False)
    mask_missing: bool = setting(
        "keep shorter samples of a batch from attending to zeros that fill them up to the longest; false gives the "
        "numbers of the reference's evaluation mode, and does nothing in training",
        True,
    )
    attention: AttentionConfig = setting("attention backend", factory=AutoAttentionConfig)

    def __attrs_post_init__(self) -> None:
        self.check_sizes(self.embedding_size, self.num_heads)
        if self.min_patch_size > self.max_patch_size:
            raise ValueError(
                f"min_patch_size ({self.min_patch_size}) must not exceed max_patch_size ({self.max_patch_size})"
            )
        self.check_patch_embedding(self.embedding_size)

    def inactive(self) -> dict[str, str]:
        """See `spacenit_core.kinds.base.EntryConfig`."""
        return PatchEmbeddingConfig.inactive(self) | PositionConfig.inactive(self)

    def build(self, sensors: SensorSet) -> "Encoder":
        """Make the encoder for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.nn.encoder import Encoder

        return Encoder(self, sensors)


@frozen(kw_only=True)
class PredictorConfig(TransformerConfig):
    """The predictor of OlmoEarth: decoded positions query the encoded tokens by cross-attention."""

    depth: int = setting("number of cross-attention blocks", 4, validator=at_least(1))

    def build(
        self, sensors: SensorSet, *, encoder_size: int, max_timesteps: int, attention: AttentionConfig
    ) -> "Predictor":
        """Make the predictor for the tokens of an encoder.

        Args:
            sensors: the sensors of the model.
            encoder_size: width of the encoded tokens, and of the predictions where the config does not set one.
            max_timesteps: most time steps of a window.
            attention: the attention backend.
        """
        from spacenit_core.nn.predictor import Predictor

        return Predictor(self, sensors, encoder_size=encoder_size, max_timesteps=max_timesteps, attention=attention)


@frozen(kw_only=True)
class ReconstructorConfig:
    """From encoded tokens to the pixels of the patches to decode (masked autoencoders, arXiv:2111.06377)."""

    decoder: PredictorConfig = setting(
        "predicts the tokens that pixels are made of; its input width follows the encoder's", factory=PredictorConfig
    )
    max_patch_size: int = setting(
        "patch that pixels are made for, in grid cells; they are resized to the batch's patches",
        8,
        validator=at_least(1),
    )

    def build(
        self, sensors: SensorSet, *, encoder_size: int, max_timesteps: int, attention: AttentionConfig
    ) -> "Reconstructor":
        """Make the reconstructor for the tokens of an encoder.

        Args:
            sensors: the sensors of the model.
            encoder_size: width of the encoded tokens.
            max_timesteps: most time steps of a window.
            attention: the attention backend.
        """
        from spacenit_core.nn.reconstructor import Reconstructor

        return Reconstructor(self, sensors, encoder_size=encoder_size, max_timesteps=max_timesteps, attention=attention)
