"""Config of the Galileo model."""

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.encoders import EncoderConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.models.widths import check_prediction_width
from spacenit_core.nn.config import OlmoEarthEncoderConfig, PredictorConfig, ReconstructorConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.models.galileo.model import Galileo


@frozen(kw_only=True)
class GalileoConfig(ModelConfig):
    """One encoder, and a predictor for each of two views that are masked in their own ways (arXiv:2502.09356)."""

    encoder: EncoderConfig = setting("what is kept after pretraining", factory=OlmoEarthEncoderConfig)
    decoder: PredictorConfig = setting(
        "predicts masked tokens, one copy for each view; its input width follows the encoder's",
        factory=PredictorConfig,
    )
    reconstructor: ReconstructorConfig | None = setting("makes pixels, for a runner's mae (none: not at all)", None)
    target: Literal["auto", "projection", "encoder"] = setting(
        "what is copied for the targets: the patch embedding, which then stays as it is, or the whole encoder; auto: "
        "the encoder where the runner needs it",
        "auto",
    )

    def __attrs_post_init__(self) -> None:
        check_prediction_width(self.encoder, self.decoder)

    def build(self, sensors: SensorSet) -> "Galileo":
        """Make the model for these sensors (randomly initialised from torch's generator)."""
        from spacenit_core.models.galileo.model import Galileo

        return Galileo(self, sensors)
