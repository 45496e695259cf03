"""Config of the `spacenit` encoder."""

from math import ceil
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.encoders import EncoderAbility, EncoderConfig
from spacenit_core.nn.attention.config import AutoAttentionConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.nn.spacenit.encoder import SpaceNitEncoder


@frozen(kw_only=True)
class SpaceNitEncoderConfig(EncoderConfig):
    """RMSNorm, SwiGLU, grouped-query attention, rotary positions in space and time, no biases in the blocks."""

    provides: ClassVar[tuple[EncoderAbility, ...]] = ("projection", "targets", "exits")

    embedding_size: int = setting("width of the tokens", 768, validator=at_least(1))
    depth: int = setting("number of transformer blocks", 12, validator=at_least(1))
    num_heads: int = setting("query heads; a quarter of a head's width is whole", 12, validator=at_least(1))
    num_kv_heads: int | None = setting(
        "key and value heads, each shared by a group of query heads (arXiv:2305.13245); num_heads if unset",
        None,
        validator=at_least(1),
    )
    drop_path: float = setting("probability of skipping a block's branch, per sample", 0.1, validator=between(0, 0.999))
    rope_base: float = setting("base of the frequencies of rows, columns and time steps", 10000.0, validator=above(1))
    min_patch_size: int = setting("smallest patch, in grid cells", 1, validator=at_least(1))
    max_patch_size: int = setting(
        "largest patch, in grid cells; all patches are resized to it", 8, validator=at_least(1)
    )
    max_sequence_length: int = setting("most time steps of a window", 12, validator=at_least(1))
    attention: AttentionConfig = setting("attention backend", factory=AutoAttentionConfig)

    def __attrs_post_init__(self) -> None:
        width, heads = self.embedding_size, self.num_heads
        if width % heads or width // heads % 4:
            raise ValueError(
                f"embedding_size ({width}) must be a multiple of 4 times num_heads ({heads}): a quarter of each head's "
                "feature pairs turns with the row, a quarter with the column"
            )
        if heads % self.kv_heads:
            raise ValueError(f"num_kv_heads ({self.kv_heads}) must divide num_heads ({heads})")
        if self.min_patch_size > self.max_patch_size:
            raise ValueError(
                f"min_patch_size ({self.min_patch_size}) must not exceed max_patch_size ({self.max_patch_size})"
            )

    @property
    def kv_heads(self) -> int:
        """Key and value heads."""
        return self.num_heads if self.num_kv_heads is None else self.num_kv_heads

    @property
    def hidden_size(self) -> int:
        """Width inside a SwiGLU layer: 8/3 of the tokens', rounded up to a multiple of 8."""
        return 8 * ceil(self.embedding_size / 3)

    def build(self, sensors: SensorSet) -> "SpaceNitEncoder":
        """Make the encoder for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.nn.spacenit.encoder import SpaceNitEncoder

        return SpaceNitEncoder(self, sensors)
