"""Configs of encoders and predictors."""

from typing import TYPE_CHECKING

from attrs import Attribute, frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.encoders import EncoderConfig
from spacenit_core.nn.backends import AutoAttentionConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.nn.encoder import Encoder
    from spacenit_core.nn.predictor import Predictor


def _divisible_by_16(_: object, attribute: "Attribute[int]", value: int) -> None:
    if value <= 0 or value % 16:
        raise ValueError(
            f"{attribute.name} must be a positive multiple of 16 (four encodings of sine-cosine pairs), not {value}"
        )


@frozen(kw_only=True)
class OlmoEarthEncoderConfig(EncoderConfig):
    """The encoder of OlmoEarth v1: one token per patch, time step and band group; absolute position encodings."""

    embedding_size: int = setting("width of the tokens; a multiple of 16", 768, validator=_divisible_by_16)
    depth: int = setting("number of transformer blocks", 12, validator=at_least(1))
    num_heads: int = setting("attention heads; they divide embedding_size", 12, validator=at_least(1))
    mlp_ratio: float = setting("width of the hidden layer of a block, in embedding sizes", 4.0, validator=above(0))
    drop_path: float = setting("probability of skipping a block's branch, per sample", 0.1, validator=between(0, 0.999))
    min_patch_size: int = setting("smallest patch, in grid cells", 1, validator=at_least(1))
    max_patch_size: int = setting(
        "largest patch, in grid cells; all patches are resized to it", 8, validator=at_least(1)
    )
    max_sequence_length: int = setting("most time steps of a window", 12, validator=at_least(1))
    attention: AttentionConfig = setting("attention backend", factory=AutoAttentionConfig)

    def __attrs_post_init__(self) -> None:
        if self.embedding_size % self.num_heads:
            raise ValueError(f"num_heads ({self.num_heads}) must divide embedding_size ({self.embedding_size})")
        if self.min_patch_size > self.max_patch_size:
            raise ValueError(
                f"min_patch_size ({self.min_patch_size}) must not exceed max_patch_size ({self.max_patch_size})"
            )

    def build(self, sensors: SensorSet) -> "Encoder":
        """Make the encoder for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.nn.encoder import Encoder

        return Encoder(self, sensors)


@frozen(kw_only=True)
class PredictorConfig:
    """The predictor of OlmoEarth: decoded positions query the encoded tokens by cross-attention."""

    embedding_size: int = setting("width inside the predictor; a multiple of 16", 768, validator=_divisible_by_16)
    depth: int = setting("number of cross-attention blocks", 4, validator=at_least(1))
    num_heads: int = setting("attention heads; they divide embedding_size", 12, validator=at_least(1))
    mlp_ratio: float = setting("width of the hidden layer of a block, in embedding sizes", 4.0, validator=above(0))
    drop_path: float = setting("probability of skipping a block's branch, per sample", 0.0, validator=between(0, 0.999))

    def __attrs_post_init__(self) -> None:
        if self.embedding_size % self.num_heads:
            raise ValueError(f"num_heads ({self.num_heads}) must divide embedding_size ({self.embedding_size})")

    def build(
        self, sensors: SensorSet, *, encoder_size: int, max_steps: int, attention: AttentionConfig
    ) -> "Predictor":
        """Make the predictor for the tokens of an encoder.

        Args:
            sensors: the sensors of the model.
            encoder_size: width of the encoded tokens and of the predictions.
            max_steps: most time steps of a window.
            attention: the attention backend.
        """
        from spacenit_core.nn.predictor import Predictor

        return Predictor(self, sensors, encoder_size=encoder_size, max_steps=max_steps, attention=attention)
