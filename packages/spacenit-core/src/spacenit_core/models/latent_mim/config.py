"""Config of the Latent MIM model."""

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.encoders import EncoderConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.models.widths import check_prediction_width
from spacenit_core.nn.config import OlmoEarthEncoderConfig, PredictorConfig, ReconstructorConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.models.latent_mim.model import LatentMIM


@frozen(kw_only=True)
class LatentMIMConfig(ModelConfig):
    """Predict the target's tokens of masked patches from the encoded visible ones (arXiv:2407.15837, OlmoEarth)."""

    encoder: EncoderConfig = setting("what is kept after pretraining", factory=OlmoEarthEncoderConfig)
    decoder: PredictorConfig = setting(
        "predicts masked tokens; its input width follows the encoder's", factory=PredictorConfig
    )
    reconstructor: ReconstructorConfig | None = setting("makes pixels, for a runner's mae (none: not at all)", None)
    target: Literal["auto", "projection", "encoder"] = setting(
        "what is copied for the targets: the patch embedding, which then stays as it is, or the whole encoder; auto: "
        "the encoder where the runner needs it",
        "auto",
    )

    def __attrs_post_init__(self) -> None:
        check_prediction_width(self.encoder, self.decoder)

    def build(self, sensors: SensorSet) -> "LatentMIM":
        """Make the model for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.models.latent_mim.model import LatentMIM

        return LatentMIM(self, sensors)
