"""Loss `modality_patch_discrimination`: which target belongs to which predicted token (OlmoEarth v1)."""

from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import TokenPairs
from spacenit_train.losses.config import ModalityPatchDiscriminationConfig
from spacenit_train.losses.grid import SensorTokens, standardised, sum_over_sensors
from spacenit_train.losses.patch_discrimination import token_cross_entropy


class ModalityPatchDiscrimination:
    """Cross entropy of cosine similarities among the tokens of one sample and one sensor.

    Per sensor the mean over a sample's tokens, then over the samples that have any; summed over sensors; times 2 tau.

    Args:
        config: temperature and weights.
    """

    def __init__(self, config: ModalityPatchDiscriminationConfig) -> None:
        self.config = config

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted).

        Raises:
            UserError: where `modality_weights` lacks a sensor.
        """
        return self.config.weight * sum_over_sensors(pairs, self._one_sensor)

    def _one_sensor(self, tokens: SensorTokens) -> Tensor:
        config, grid = self.config, tokens.grid
        predicted = standardised(tokens.predicted) if config.pred2unit else tokens.predicted
        loss = grid.mean(token_cross_entropy(predicted, tokens.target, grid, config.tau))
        return self._weight(tokens.sensor) * 2 * config.tau * loss

    def _weight(self, sensor: str) -> float:
        if self.config.modality_weights is None:
            return 1.0
        if sensor not in self.config.modality_weights:
            raise UserError(
                f"modality_weights has no weight for sensor {sensor!r}",
                "give every sensor in use a weight, 1 by default",
            )
        return self.config.modality_weights[sensor]
