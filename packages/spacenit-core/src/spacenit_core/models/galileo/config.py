"""Config of the Galileo model."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.kinds.models import ModelConfig
from spacenit_core.models.targeted import TargetedSettings
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.models.galileo.model import Galileo


@frozen(kw_only=True)
class GalileoConfig(TargetedSettings, ModelConfig):
    """One encoder, and one copy of the decoder for each of two views, masked in their own ways (arXiv:2502.09356)."""

    def build(self, sensors: SensorSet) -> "Galileo":
        """Make the model for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.models.galileo.model import Galileo

        return Galileo(self, sensors)
