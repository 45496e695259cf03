"""A plugin whose encoders share nothing with ours: they embed a patch by the mean of its pixels, all bands at once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.encoders import EncoderAbility, EncoderConfig, TokenEncoder
from spacenit_core.nn.attention.config import AutoAttentionConfig
from spacenit_core.samples.visibility import ENCODE
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from torch import nn


@frozen(kw_only=True)
class Bare(EncoderConfig):
    """It encodes, and nothing else."""

    embedding_size: int = setting("width", 16)
    min_patch_size: int = setting("smallest", 1)
    max_patch_size: int = setting("largest", 8)
    max_sequence_length: int = setting("steps", 12)
    attention: AttentionConfig = setting("of the decoder", factory=AutoAttentionConfig)

    def build(self, sensors: SensorSet) -> TokenEncoder:
        """Make it."""
        return network(self, sensors)


@frozen(kw_only=True)
class Means(Bare):
    """It also projects, and makes targets; it has no blocks to take tokens from."""

    provides: ClassVar[tuple[EncoderAbility, ...]] = ("projection", "targets")


def network(config: Bare, sensors: SensorSet) -> Any:
    """The encoder, whose classes are made here because torch is imported late."""
    import torch
    from torch import nn

    from spacenit_core.nn.encoded import EncodedTokens
    from spacenit_core.nn.sequences import TokenSelection

    size = config.embedding_size

    class Embedding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            of_sensors = {spec.name: nn.Linear(len(spec.bands), len(spec.token_groups) * size) for spec in sensors}
            self.means = nn.ModuleDict(of_sensors)

        def forward(self, batch: Any, visibility: Any, patches: None, exits: Mapping[str, int]) -> EncodedTokens:
            tokens = []
            for block in batch.layout.blocks:
                pixels = (
                    batch.pixels[block.sensor.name].unflatten(1, (block.rows, -1)).unflatten(3, (block.columns, -1))
                )
                tokens.append(self.means[block.sensor.name](pixels.mean((2, 4))).reshape(len(batch), -1, size))
            chosen = TokenSelection((visibility == ENCODE).reshape(-1, len(batch.layout)))
            together = torch.cat(tokens, 1)
            return EncodedTokens(together[chosen.samples(len(batch)), chosen.position], chosen)

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config, self.sensors, self.embedding_size = config, sensors, size
            self.embedding = Embedding()
            self.layers = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.Linear(size, size))
            self.head = nn.Linear(size, size)

        def forward(
            self, batch: Any, visibility: Any, patches: None = None, exits: Any = None, *, project: bool = False
        ) -> EncodedTokens:
            encoded: EncodedTokens = self.embedding(batch, visibility, patches, {})
            if exits is None:
                encoded.packed = self.layers(encoded.packed)
            if project:
                encoded.projected = self.head(encoded.pooled())
            return encoded

        def patches(self, batch: Any) -> None:
            return None

        def target_projection(self) -> "nn.Module":
            return self.embedding

    return Encoder()
