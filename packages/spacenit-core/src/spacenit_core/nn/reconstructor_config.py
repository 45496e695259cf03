"""Settings of the reconstructor."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.nn.reconstructor import Reconstructor


@frozen(kw_only=True)
class ReconstructorConfig:
    """From encoded tokens to the pixels of the patches to decode (masked autoencoders, arXiv:2111.06377)."""

    decoder: PredictorConfig = setting(
        "predicts the tokens that pixels are made of; its input width follows the encoder's", factory=PredictorConfig
    )
    max_patch_size: int = setting(
        "patch that pixels are made for, in grid cells; they are resized to the batch's patches",
        8,
        validator=at_least(1),
    )

    def build(
        self, sensors: SensorSet, *, encoder_size: int, max_timesteps: int, attention: AttentionConfig
    ) -> "Reconstructor":
        """Make the reconstructor for the tokens of an encoder.

        Args:
            sensors: the sensors of the model.
            encoder_size: width of the encoded tokens.
            max_timesteps: most time steps of a window.
            attention: the attention backend.
        """
        from spacenit_core.nn.reconstructor import Reconstructor

        return Reconstructor(self, sensors, encoder_size=encoder_size, max_timesteps=max_timesteps, attention=attention)
