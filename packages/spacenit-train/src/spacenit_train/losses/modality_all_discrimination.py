"""Loss `modality_all_discrimination`: negatives of one sensor from all samples (arXiv:2502.09356)."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs
from spacenit_train.losses.settings import TAU

if TYPE_CHECKING:
    from torch import Tensor

    from spacenit_train.losses.grid import SensorTokens


@frozen(kw_only=True)
class ModalityAllDiscriminationConfig(LossConfig):
    """Tell a token's target from those of the other predicted tokens of the sensor, in the whole micro-batch."""

    metric: ClassVar[str] = "ModalityAllDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions of each sensor over the micro-batch first", False)

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """`all_discrimination` of each sensor's tokens, summed: a float32 scalar (0 where nothing is predicted)."""
        from spacenit_train.losses.grid import sum_over_sensors

        return sum_over_sensors(pairs, self._one_sensor)

    def _one_sensor(self, tokens: "SensorTokens") -> "Tensor":
        from spacenit_train.losses.grid import discriminated_from_all, standardised

        predicted = standardised(tokens.predicted) if self.pred2unit else tokens.predicted
        return discriminated_from_all(predicted, tokens.target, tokens.grid, self.tau)
