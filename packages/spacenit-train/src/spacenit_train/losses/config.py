"""Configs of the losses."""

from typing import ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import above, at_least, between, one_of, setting
from spacenit_core.kinds.base import all_but
from spacenit_core.kinds.losses import LossConfig, LossRole, PixelLoss, PooledLoss, Regularizer, TokenLoss

TAU = "temperature of the similarities"
WEIGHT = "factor of the loss"

ERRORS = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
"""Error functions of `torch.nn` that are 0 for equal values and need nothing but two values."""


class Weighted:
    """What the losses have in common that a weight of 0 switches off."""

    __slots__ = ()

    weight: float

    def inactive(self) -> dict[str, str]:
        """See `spacenit_core.kinds.base.EntryConfig`."""
        return all_but(self, "weight", "0") if self.weight == 0 else {}


@frozen(kw_only=True)
class AllDiscriminationConfig(LossConfig):
    """Tell a token's target from those of all other predicted tokens of the micro-batch."""

    metric: ClassVar[str] = "AllDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions over the micro-batch first", False)

    def build(self) -> TokenLoss:
        """Make the loss."""
        from spacenit_train.losses.all_discrimination import AllDiscrimination

        return AllDiscrimination(self)


@frozen(kw_only=True)
class ModalityAllDiscriminationConfig(LossConfig):
    """Tell a token's target from those of the other predicted tokens of the sensor, in the whole micro-batch."""

    metric: ClassVar[str] = "ModalityAllDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions of each sensor over the micro-batch first", False)

    def build(self) -> TokenLoss:
        """Make the loss."""
        from spacenit_train.losses.all_discrimination import ModalityAllDiscrimination

        return ModalityAllDiscrimination(self)


@frozen(kw_only=True)
class PatchDiscriminationConfig(Weighted, LossConfig):
    """Tell a token's target from those of the other predicted tokens of the same sample (arXiv:2407.15837)."""

    metric: ClassVar[str] = "PatchDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    pred2unit: bool = setting("standardise the predictions over the micro-batch first", False)
    weight: float = setting(WEIGHT, 1.0, validator=at_least(0))

    def build(self) -> TokenLoss:
        """Make the loss."""
        from spacenit_train.losses.patch_discrimination import PatchDiscrimination

        return PatchDiscrimination(self)


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
        """Make the loss."""
        from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscrimination

        return ModalityPatchDiscrimination(self)


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
        """See `EntryConfig`: also when targets are equal, where all are told apart."""
        none = {"same_target_threshold": "mask_negatives_for_modalities=[]"}
        return (none if self.mask_negatives_for_modalities == () else {}) | super().inactive()

    def build(self) -> TokenLoss:
        """Make the loss."""
        from spacenit_train.losses import modality_patch_discrimination_masked_negatives as masked_negatives

        return masked_negatives.ModalityPatchDiscriminationMaskedNegatives(self)


@frozen(kw_only=True)
class AdjustedPatchDiscriminationConfig(LossConfig):
    """As `patch_discrimination`, with negatives weighted by their similarity (arXiv:2310.11048)."""

    metric: ClassVar[str] = "AdjustedPatchDisc"

    tau: float = setting(TAU, 0.1, validator=above(0))
    mu: float = setting("cosine similarity of the negatives that weigh most", 0.7)
    sigma: float = setting("standard deviation of the weights' Gaussian", 1.0, validator=above(0))
    pred2unit: bool = setting("standardise the predictions over the micro-batch first", False)

    def build(self) -> TokenLoss:
        """Make the loss."""
        from spacenit_train.losses.adjusted_patch_discrimination import AdjustedPatchDiscrimination

        return AdjustedPatchDiscrimination(self)


@frozen(kw_only=True)
class L1Config(LossConfig):
    """The mean absolute difference between predicted and target tokens."""

    metric: ClassVar[str] = "L1"

    def build(self) -> TokenLoss:
        """Make the loss."""
        from torch.nn.functional import l1_loss

        from spacenit_train.losses.distances import TokenDistance

        return TokenDistance(l1_loss)


@frozen(kw_only=True)
class L2Config(LossConfig):
    """The mean squared difference between predicted and target tokens."""

    metric: ClassVar[str] = "L2"

    def build(self) -> TokenLoss:
        """Make the loss."""
        from torch.nn.functional import mse_loss

        from spacenit_train.losses.distances import TokenDistance

        return TokenDistance(mse_loss)


@frozen(kw_only=True)
class SmoothL1Config(LossConfig):
    """The mean difference between predicted and target tokens, squared where it is small (I-JEPA, arXiv:2301.08243)."""

    metric: ClassVar[str] = "SmoothL1"

    beta: float = setting("difference from which on it is not squared", 1.0, validator=above(0))

    def build(self) -> TokenLoss:
        """Make the loss."""
        from functools import partial

        from torch.nn.functional import smooth_l1_loss

        from spacenit_train.losses.distances import TokenDistance

        return TokenDistance(partial(smooth_l1_loss, beta=self.beta))


@frozen(kw_only=True)
class CosineSimilarityConfig(LossConfig):
    """Minus the mean cosine between predicted and target tokens."""

    metric: ClassVar[str] = "CosineSim"

    def build(self) -> TokenLoss:
        """Make the loss."""
        from spacenit_train.losses.distances import TokenDistance, negative_cosine

        return TokenDistance(negative_cosine)


@frozen(kw_only=True)
class CrossEntropyConfig(LossConfig):
    """Cross entropy between predicted tokens as logits and target tokens as classes."""

    metric: ClassVar[str] = "CrossEntropy"

    def build(self) -> TokenLoss:
        """Make the loss."""
        from spacenit_train.losses.cross_entropy import CrossEntropy

        return CrossEntropy()


@frozen(kw_only=True)
class InfoNCEConfig(Weighted, LossConfig):
    """Tell the second view of a sample from those of the others of the micro-batch (arXiv:1807.03748)."""

    role: ClassVar[LossRole] = "pooled"
    metric: ClassVar[str] = "InfoNCE"

    tau: float = setting(TAU, 0.1, validator=above(0))
    weight: float = setting(WEIGHT, 1.0, validator=at_least(0))

    def build(self) -> PooledLoss:
        """Make the loss."""
        from spacenit_train.losses.info_nce import InfoNCE

        return InfoNCE(self)


@frozen(kw_only=True)
class KoLeoConfig(Weighted, LossConfig):
    """Keep encoded vectors away from their nearest neighbours (arXiv:1806.03198, DINOv2)."""

    role: ClassVar[LossRole] = "regularizer"
    metric: ClassVar[str] = "KoLeo"

    weight: float = setting(WEIGHT, 0.1, validator=at_least(0))
    mode: Literal["instance", "patch"] = setting(
        "what keeps apart: the samples' pooled vectors, or all encoded tokens",
        "instance",
        validator=one_of(("instance", "patch")),
    )
    eps: float = setting("added to distances, so that equal vectors have a finite loss", 1e-8, validator=above(0))

    def build(self) -> Regularizer:
        """Make the loss."""
        from spacenit_train.losses.koleo import KoLeo

        return KoLeo(self)


@frozen(kw_only=True)
class UniformityConfig(Weighted, LossConfig):
    """Spread the samples' pooled vectors evenly over the unit sphere (arXiv:2005.10242)."""

    role: ClassVar[LossRole] = "regularizer"
    metric: ClassVar[str] = "Uniformity"

    weight: float = setting(WEIGHT, 0.1, validator=at_least(0))
    t: float = setting("how fast a pair's part falls with its squared distance", 2.0, validator=above(0))

    def build(self) -> Regularizer:
        """Make the loss."""
        from spacenit_train.losses.uniformity import Uniformity

        return Uniformity(self)


@frozen(kw_only=True)
class MAEConfig(Weighted, LossConfig):
    """Compare reconstructed with true pixels (masked autoencoders, arXiv:2111.06377)."""

    role: ClassVar[LossRole] = "pixels"
    metric: ClassVar[str] = "MAE"

    loss_function: str = setting(f"the error: {', '.join(ERRORS)}", "MSELoss", validator=one_of(ERRORS))
    only_decode: bool = setting("compare only patches to decode, not all that are there", True)
    weight: float = setting(WEIGHT, 1.0, validator=at_least(0))
    beta: float | None = setting(
        "SmoothL1Loss: the error from which on it is not squared (none: 1)", None, validator=at_least(0)
    )
    delta: float | None = setting(
        "HuberLoss: the error from which on it is not squared (none: 1)", None, validator=above(0)
    )

    def __attrs_post_init__(self) -> None:
        for name, value, owner in (("beta", self.beta, "SmoothL1Loss"), ("delta", self.delta, "HuberLoss")):
            if value is not None and self.loss_function != owner:
                raise ValueError(f"{name} is a setting of {owner}, not of {self.loss_function}: leave it out")

    def build(self) -> PixelLoss:
        """Make the loss."""
        from spacenit_train.losses.mae import MAE

        return MAE(self)
