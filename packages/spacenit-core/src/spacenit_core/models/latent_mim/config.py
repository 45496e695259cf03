"""Config of the Latent MIM model."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.kinds.models import ModelConfig
from spacenit_core.models.targeted import TargetedSettings
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.models.latent_mim.model import LatentMIM


@frozen(kw_only=True)
class LatentMIMConfig(TargetedSettings, ModelConfig):
    """Predict the target's tokens of masked patches from the encoded visible ones (arXiv:2407.15837, OlmoEarth)."""

    def build(self, sensors: SensorSet) -> "LatentMIM":
        """Make the model for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.models.latent_mim.model import LatentMIM

        return LatentMIM(self, sensors)
