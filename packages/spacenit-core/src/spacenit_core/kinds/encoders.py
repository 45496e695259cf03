"""Kind `encoders`: from a batch and its visibility to encoded tokens."""

from typing import TYPE_CHECKING

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.nn.encoder import Encoder


class EncoderConfig(EntryConfig):
    """Base of encoder entries."""

    __slots__ = ()

    embedding_size: int

    def build(self, sensors: SensorSet) -> "Encoder":
        """Make the encoder for these sensors (randomly initialised from torch's generator)."""
        raise NotImplementedError


ENCODERS: Registry[type[EncoderConfig]] = Registry("encoders", EncoderConfig)
