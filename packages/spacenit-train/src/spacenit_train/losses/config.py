"""Configs of the losses."""

from typing import ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.losses import LossConfig, LossRole, PooledLoss, TokenLoss


@frozen(kw_only=True)
class ModalityPatchDiscriminationConfig(LossConfig):
    """Tell a token's target from those of the other predicted tokens of the same sample and sensor."""

    role: ClassVar[LossRole] = "tokens"
    metric: ClassVar[str] = "ModalityPatchDisc"

    tau: float = setting("temperature of the similarities", 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions of each sensor over the micro-batch first", False)
    weight: float = setting("factor of the loss", 1.0, validator=at_least(0))
    modality_weights: dict[str, float] | None = setting("factor by sensor; every sensor in use (none: all 1)", None)

    def build(self) -> TokenLoss:
        """Make the loss."""
        from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscrimination

        return ModalityPatchDiscrimination(self)


@frozen(kw_only=True)
class InfoNCEConfig(LossConfig):
    """Tell the second view of a sample from those of the others of the micro-batch (arXiv:1807.03748)."""

    role: ClassVar[LossRole] = "pooled"
    metric: ClassVar[str] = "InfoNCE"

    tau: float = setting("temperature of the similarities", 0.1, validator=above(0))
    weight: float = setting("factor of the loss", 1.0, validator=at_least(0))

    def build(self) -> PooledLoss:
        """Make the loss."""
        from spacenit_train.losses.info_nce import InfoNCE

        return InfoNCE(self)
