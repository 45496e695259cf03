"""Loss `modality_patch_discrimination`: which target belongs to which predicted token (OlmoEarth v1)."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs
from spacenit_train.losses.settings import TAU, WEIGHT, Weighted

if TYPE_CHECKING:
    from torch import Tensor

    from spacenit_train.losses.grid import SensorTokens


@frozen(kw_only=True)
class ModalityPatchDiscriminationConfig(Weighted, LossConfig):
    """Tell a token's target from those of the other predicted tokens of the same sample and sensor."""

    metric: ClassVar[str] = "ModalityPatchDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions of each sensor over the micro-batch first", False)
    weight: float = setting(WEIGHT, 1.0, validator=at_least(0))
    modality_weights: dict[str, float] | None = setting(
        "factor by sensor; every sensor in use (none: all 1)", None, names="sensors"
    )

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """Cross entropy of cosine similarities among the tokens of one sample and one sensor: a float32 scalar.

        Per sensor the mean over a sample's tokens, then over the samples that have any; summed over sensors; times 2
        tau. It is 0 where nothing is predicted.

        Raises:
            UserError: where `modality_weights` lacks a sensor.
        """
        from spacenit_train.losses.grid import sum_over_sensors

        return self.weight * sum_over_sensors(pairs, self._one_sensor)

    def _one_sensor(self, tokens: "SensorTokens") -> "Tensor":
        from spacenit_train.losses.grid import standardised, token_cross_entropy

        predicted = standardised(tokens.predicted) if self.pred2unit else tokens.predicted
        loss = tokens.grid.mean(token_cross_entropy(predicted, tokens.target, tokens.grid, self.tau))
        return self._weight_of(tokens.sensor) * 2 * self.tau * loss

    def _weight_of(self, sensor: str) -> float:
        if self.modality_weights is None:
            return 1.0
        if sensor not in self.modality_weights:
            raise UserError(
                f"modality_weights has no weight for sensor {sensor!r}",
                "give every sensor in use a weight, 1 by default",
            )
        return self.modality_weights[sensor]
