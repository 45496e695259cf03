"""Kind `models`: everything that is trained together (encoder, predictor, target)."""

from typing import TYPE_CHECKING

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.encoders import EncoderAbility
from spacenit_core.plugins.registry import Registry
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from torch import nn


class ModelConfig(EntryConfig):
    """Base of model entries. Every model has an attribute `encoder`: what is kept after pretraining."""

    __slots__ = ()

    def needs(self) -> tuple[EncoderAbility, ...]:
        """What the model asks of its encoder beside encoding; an encoder that does not provide it is refused."""
        return ()

    def build(self, sensors: SensorSet) -> "nn.Module":
        """Make the model for these sensors (randomly initialised from torch's generator)."""
        raise NotImplementedError


MODELS: Registry[type[ModelConfig]] = Registry("models", ModelConfig, renamed={"LatentMIM": "latent_mim"})
