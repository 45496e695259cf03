"""Settings of the predictor."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.nn.transformer_config import TransformerConfig
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_core.nn.predictor import Predictor


@frozen(kw_only=True)
class PredictorConfig(TransformerConfig):
    """The predictor of OlmoEarth: decoded positions query the encoded tokens by cross-attention."""

    depth: int = setting("number of cross-attention blocks", 4, validator=at_least(1))

    def build(
        self, sensors: SensorSet, *, encoder_size: int, max_timesteps: int, attention: AttentionConfig
    ) -> "Predictor":
        """Make the predictor for the tokens of an encoder.

        Args:
            sensors: the sensors of the model.
            encoder_size: width of the encoded tokens, and of the predictions where the config does not set one.
            max_timesteps: most time steps of a window.
            attention: the attention backend.
        """
        from spacenit_core.nn.predictor import Predictor

        return Predictor(self, sensors, encoder_size=encoder_size, max_timesteps=max_timesteps, attention=attention)
