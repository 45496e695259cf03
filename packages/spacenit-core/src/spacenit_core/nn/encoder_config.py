"""The entry `olmoearth` of encoders."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import at_least, between, setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.encoders import EncoderAbility, EncoderConfig
from spacenit_core.nn.attention.config import AutoAttentionConfig
from spacenit_core.nn.patch_embedding_config import PatchEmbeddingConfig
from spacenit_core.nn.positions.config import PositionConfig
from spacenit_core.nn.transformer_config import TransformerConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.nn.encoder import Encoder


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
        """Settings of the patch embedding and the positions that others switch off."""
        return PatchEmbeddingConfig.inactive(self) | PositionConfig.inactive(self)

    def build(self, sensors: SensorSet) -> "Encoder":
        """Make the encoder for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.nn.encoder import Encoder

        return Encoder(self, sensors)
