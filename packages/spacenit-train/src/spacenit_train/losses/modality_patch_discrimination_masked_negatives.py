"""Loss `modality_patch_discrimination_masked_negatives`: equal targets are not told apart (OlmoEarth v1.1)."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.losses import LossConfig, TokenLoss, TokenPairs
from spacenit_train.losses.settings import TAU, WEIGHT, Weighted

if TYPE_CHECKING:
    from torch import Tensor

    from spacenit_train.losses.grid import SensorTokens


@frozen(kw_only=True)
class ModalityPatchDiscriminationMaskedNegativesConfig(Weighted, LossConfig):
    """As `modality_patch_discrimination`, but targets that equal a token's own are not told apart from it."""

    metric: ClassVar[str] = "ModalityPatchDiscMasked"

    tau: float = setting(TAU, 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions of each sensor over the micro-batch first", False)
    weight: float = setting(WEIGHT, 1.0, validator=at_least(0))
    modality_weights: dict[str, float] | None = setting(
        "factor by sensor; 1 for those not named (none: all 1)", None, names="sensors"
    )
    same_target_threshold: float = setting(
        "cosine similarity above which two targets are equal", 0.999, validator=between(-1, 1)
    )
    mask_negatives_for_modalities: tuple[str, ...] | None = setting(
        "sensors whose equal targets are not told apart (none: all)", None, names="sensors"
    )

    def inactive(self) -> dict[str, str]:
        """Also when targets are equal, where all are told apart."""
        none = {"same_target_threshold": "mask_negatives_for_modalities=[]"}
        return (none if self.mask_negatives_for_modalities == () else {}) | super().inactive()

    def build(self) -> TokenLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: TokenPairs) -> "Tensor":
        """`modality_patch_discrimination` where targets that equal a token's own are no negatives: a float32 scalar.

        Maps have many equal patches, which nothing could tell apart. A sample with more than one token of a sensor does
        not count for that sensor where one of them has no negative left. It is 0 where nothing is predicted.
        """
        from spacenit_train.losses.grid import sum_over_sensors

        return self.weight * sum_over_sensors(pairs, self._one_sensor)

    def _one_sensor(self, tokens: "SensorTokens") -> "Tensor":
        from spacenit_train.losses.grid import equal_targets, standardised, token_cross_entropy

        grid, chosen = tokens.grid, self.mask_negatives_for_modalities
        predicted = standardised(tokens.predicted) if self.pred2unit else tokens.predicted
        masks = chosen is None or tokens.sensor in chosen
        hidden, without = equal_targets(tokens.target, grid, self.same_target_threshold) if masks else (None, None)
        loss = grid.mean(token_cross_entropy(predicted, tokens.target, grid, self.tau, hidden), without)
        return (self.modality_weights or {}).get(tokens.sensor, 1.0) * 2 * self.tau * loss
