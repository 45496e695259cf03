"""Config of the masked autoencoder."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.encoders import EncoderAbility, EncoderConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.models.widths import check_prediction_width
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.models.mae.model import MaskedAutoencoder


@frozen(kw_only=True)
class MaskedAutoencoderConfig(ModelConfig):
    """Reconstruct the pixels of masked patches from the encoded visible ones (arXiv:2111.06377)."""

    encoder: EncoderConfig = setting("what is kept after pretraining", factory=OlmoEarthEncoderConfig)
    decoder: PredictorConfig | None = setting("predicts the online encoder's tokens (none: not at all)", None)
    reconstructor: ReconstructorConfig | None = setting(
        "makes pixels of the encoded tokens (none: not at all)", factory=ReconstructorConfig
    )

    def __attrs_post_init__(self) -> None:
        if self.decoder is None and self.reconstructor is None:
            raise ValueError("a masked autoencoder needs a reconstructor, a decoder or both")
        if self.decoder is not None:
            check_prediction_width(self.encoder, self.decoder)

    def needs(self) -> tuple[EncoderAbility, ...]:
        """Vectors to compare views by, and targets where tokens are predicted."""
        return ("projection",) if self.decoder is None else ("projection", "targets")

    def build(self, sensors: SensorSet) -> "MaskedAutoencoder":
        """Make the model for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.models.mae.model import MaskedAutoencoder

        return MaskedAutoencoder(self, sensors)
