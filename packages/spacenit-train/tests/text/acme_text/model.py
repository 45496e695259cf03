"""Model `letters`: a causal model of bytes."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import at_least, between, setting
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from acme_text.network import Letters


@frozen(kw_only=True)
class LettersConfig(ModelConfig):
    """Settings of model `letters`."""

    width: int = setting("width of all layers", 16, validator=at_least(2))
    longest: int = setting("most bytes of a text", 32, validator=at_least(1))
    dropout: float = setting("share of numbers that are left out in training", 0.1, validator=between(0, 1))

    def build(self, sensors: SensorSet) -> "Letters":
        """Make it, whatever sensors there are."""
        from acme_text.network import Letters

        return Letters(self)
