"""Settings of models whose predictions are compared with the tokens of a target encoder."""

from typing import Literal

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.encoders import EncoderAbility, EncoderConfig
from spacenit_core.models.widths import check_prediction_width
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor_config import ReconstructorConfig


@frozen(kw_only=True)
class TargetedSettings:
    """What the models have in common that are a `spacenit_core.models.targets.TargetedModel`."""

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

    def needs(self) -> tuple[EncoderAbility, ...]:
        """Vectors to compare views by, and targets to predict."""
        return ("projection", "targets")
