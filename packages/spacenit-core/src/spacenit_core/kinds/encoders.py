"""Kind `encoders`: from a batch and its visibility to encoded tokens."""

from typing import TYPE_CHECKING

from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.nn.base_encoder import BaseEncoder


class EncoderConfig(EntryConfig):
    """Base of encoder entries; the base of the components is `spacenit_core.nn.base_encoder.BaseEncoder`.

    All of them have these settings: models and the loader ask for them.
    """

    __slots__ = ()

    embedding_size: int
    min_patch_size: int
    max_patch_size: int
    max_sequence_length: int
    attention: AttentionConfig

    def build(self, sensors: SensorSet) -> "BaseEncoder":
        """Make the encoder for these sensors (randomly initialised from torch's generator)."""
        raise NotImplementedError


ENCODERS: Registry[type[EncoderConfig]] = Registry("encoders", EncoderConfig)
