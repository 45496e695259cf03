"""Configs of the runners."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LossConfig, check_role
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_train.losses.config import InfoNCEConfig, MAEConfig, ModalityPatchDiscriminationConfig
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.runners.settings import StepSettings, TargetSettings, by_sensor, not_negative, own_first

if TYPE_CHECKING:
    from torch import nn

    from spacenit_train.runners.contrastive_latent_mim import ContrastiveLatentMIM
    from spacenit_train.runners.galileo import GalileoRunner
    from spacenit_train.runners.latent_mim import LatentMIMRunner
    from spacenit_train.runners.mae import MAERunner


@frozen(kw_only=True, field_transformer=own_first)
class LatentMIMRunnerConfig(TargetSettings, RunnerConfig):
    """Predict masked patches in one view of each sample (Latent MIM, arXiv:2407.15837)."""

    trains: ClassVar[type[ModelConfig]] = LatentMIMConfig

    masking: MaskingConfig = setting("which tokens are encoded and decoded", factory=ModalityCrossRandomMasking)
    loss: LossConfig = setting("compares predicted tokens with targets", factory=ModalityPatchDiscriminationConfig)
    mae: LossConfig | None = setting("compares reconstructed with true pixels (none: not at all)", None)
    regularizer: LossConfig | None = setting("spreads the encoded tokens of a view (none: not at all)", None)
    token_exit_cfg: dict[str, int] = setting(
        "sensor -> block of the target whose tokens are the targets; 0, projections of patches, if not named",
        factory=dict,
        converter=by_sensor,
        validator=not_negative,
    )

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_role("loss", "tokens", self.loss)
        check_role("mae", "pixels", self.mae)
        check_role("regularizer", "regularizer", self.regularizer)

    def masking_of_views(self) -> tuple[MaskingConfig, ...]:
        """The masking of the one view."""
        return (self.masking,)

    def build(self, model: "nn.Module") -> "LatentMIMRunner":
        """Make the runner around a model.

        Raises:
            UserError: where the model does not fit.
        """
        from spacenit_core.models.latent_mim.model import LatentMIM
        from spacenit_train.runners.latent_mim import LatentMIMRunner

        return LatentMIMRunner(self, self.fitting(model, LatentMIM))


@frozen(kw_only=True, field_transformer=own_first)
class ContrastiveLatentMIMConfig(TargetSettings, RunnerConfig):
    """Predict masked patches in two views of each sample, and tell the samples apart by the views (OlmoEarth)."""

    trains: ClassVar[type[ModelConfig]] = LatentMIMConfig

    masking: MaskingConfig = setting("which tokens are encoded and decoded", factory=ModalityCrossRandomMasking)
    loss: LossConfig = setting("compares predicted tokens with targets", factory=ModalityPatchDiscriminationConfig)
    contrastive: LossConfig | None = setting(
        "compares the pooled vectors of both views (none: not at all)", factory=InfoNCEConfig
    )
    mae: LossConfig | None = setting("compares reconstructed with true pixels (none: not at all)", None)
    regularizer: LossConfig | None = setting("spreads the pooled vectors of a view (none: not at all)", None)
    token_exit_cfg: dict[str, int] = setting(
        "sensor -> block of the target whose tokens are the targets; 0, projections of patches, if not named",
        factory=dict,
        converter=by_sensor,
        validator=not_negative,
    )

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_role("loss", "tokens", self.loss)
        check_role("contrastive", "pooled", self.contrastive)
        check_role("mae", "pixels", self.mae)
        check_role("regularizer", "regularizer", self.regularizer)

    def masking_of_views(self) -> tuple[MaskingConfig, ...]:
        """Two views, masked alike."""
        return (self.masking, self.masking)

    def build(self, model: "nn.Module") -> "ContrastiveLatentMIM":
        """Make the runner around a model.

        Raises:
            UserError: where the model does not fit.
        """
        from spacenit_core.models.latent_mim.model import LatentMIM
        from spacenit_train.runners.contrastive_latent_mim import ContrastiveLatentMIM

        return ContrastiveLatentMIM(self, self.fitting(model, LatentMIM))


@frozen(kw_only=True, field_transformer=own_first)
class GalileoRunnerConfig(TargetSettings, RunnerConfig):
    """Two views, each with its masking, its decoder, its loss and its depth of targets (Galileo, arXiv:2502.09356)."""

    trains: ClassVar[type[ModelConfig]] = GalileoConfig

    masking_a: MaskingConfig = setting("which tokens the first view encodes", factory=ModalityCrossRandomMasking)
    masking_b: MaskingConfig = setting("which tokens the second view encodes", factory=ModalityCrossRandomMasking)
    loss_a: LossConfig = setting(
        "compares predicted tokens with targets in the first view", factory=ModalityPatchDiscriminationConfig
    )
    loss_b: LossConfig = setting(
        "compares predicted tokens with targets in the second view", factory=ModalityPatchDiscriminationConfig
    )
    contrastive: LossConfig | None = setting("compares the pooled vectors of both views (none: not at all)", None)
    mae: LossConfig | None = setting("compares reconstructed with true pixels (none: not at all)", None)
    regularizer: LossConfig | None = setting("spreads the pooled vectors of a view (none: not at all)", None)
    token_exit_cfg_a: dict[str, int] = setting(
        "sensor -> block of the target for the first view's targets; 0, projections of patches, if not named",
        factory=dict,
        converter=by_sensor,
        validator=not_negative,
    )
    token_exit_cfg_b: dict[str, int] = setting(
        "sensor -> block of the target for the second view's targets; 0, projections of patches, if not named",
        factory=dict,
        converter=by_sensor,
        validator=not_negative,
    )

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_role("loss_a", "tokens", self.loss_a)
        check_role("loss_b", "tokens", self.loss_b)
        check_role("contrastive", "pooled", self.contrastive)
        check_role("mae", "pixels", self.mae)
        check_role("regularizer", "regularizer", self.regularizer)

    def masking_of_views(self) -> tuple[MaskingConfig, ...]:
        """Two views, each masked in its way."""
        return (self.masking_a, self.masking_b)

    def build(self, model: "nn.Module") -> "GalileoRunner":
        """Make the runner around a model.

        Raises:
            UserError: where the model does not fit.
        """
        from spacenit_core.models.galileo.model import Galileo
        from spacenit_train.runners.galileo import GalileoRunner

        return GalileoRunner(self, self.fitting(model, Galileo))


def _smooth_l1() -> MAEConfig:
    return MAEConfig(loss_function="SmoothL1Loss", beta=0.1)


@frozen(kw_only=True, field_transformer=own_first)
class MAERunnerConfig(StepSettings, RunnerConfig):
    """Reconstruct the pixels of masked patches in one view of each sample (MAE, arXiv:2111.06377)."""

    trains: ClassVar[type[ModelConfig]] = MaskedAutoencoderConfig

    masking: MaskingConfig = setting("which tokens are encoded and decoded", factory=ModalityCrossRandomMasking)
    mae: LossConfig | None = setting("compares reconstructed with true pixels (none: not at all)", factory=_smooth_l1)
    latent_mim: LossConfig | None = setting(
        "compares predicted tokens with those of the online encoder (none: not at all)", None
    )
    regularizer: LossConfig | None = setting("spreads the encoded tokens of a view (none: not at all)", None)
    token_exit_cfg: dict[str, int] = setting(
        "sensor -> block of the online encoder whose tokens are the targets; 0, projections of patches, if not named",
        factory=dict,
        converter=by_sensor,
        validator=not_negative,
    )

    def __attrs_post_init__(self) -> None:
        check_role("mae", "pixels", self.mae)
        check_role("latent_mim", "tokens", self.latent_mim)
        check_role("regularizer", "regularizer", self.regularizer)
        if self.mae is None and self.latent_mim is None:
            raise ValueError("the runner mae needs a loss: mae, latent_mim or both")

    def masking_of_views(self) -> tuple[MaskingConfig, ...]:
        """The masking of the one view."""
        return (self.masking,)

    def misfits(self, model: ModelConfig) -> list[UserError]:
        """See `RunnerConfig`: also a decoder without a loss, and a loss without a decoder."""
        problems = super().misfits(model)
        return (
            problems
            if not isinstance(model, self.trains)
            else [*problems, *self.pairs_up("latent_mim", model, "decoder")]
        )

    def build(self, model: "nn.Module") -> "MAERunner":
        """Make the runner around a model.

        Raises:
            UserError: where the model does not fit.
        """
        from spacenit_core.models.mae.model import MaskedAutoencoder
        from spacenit_train.runners.mae import MAERunner

        return MAERunner(self, self.fitting(model, MaskedAutoencoder))
