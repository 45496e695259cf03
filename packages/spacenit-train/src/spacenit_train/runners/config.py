"""Configs of the runners."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_train.losses.info_nce import InfoNCEConfig
from spacenit_train.losses.mae import MAEConfig
from spacenit_train.runners import fields
from spacenit_train.runners.settings import MaskedAlike, StepSettings, TargetSettings, own_first

if TYPE_CHECKING:
    from torch import nn

    from spacenit_train.runners.contrastive_latent_mim import ContrastiveLatentMIM
    from spacenit_train.runners.galileo import GalileoRunner
    from spacenit_train.runners.latent_mim import LatentMIMRunner
    from spacenit_train.runners.mae import MAERunner


@frozen(kw_only=True, field_transformer=own_first)
class LatentMIMRunnerConfig(MaskedAlike, TargetSettings, RunnerConfig):
    """Predict masked patches in one view of each sample (Latent MIM, arXiv:2407.15837)."""

    trains: ClassVar[type[ModelConfig]] = LatentMIMConfig
    views: ClassVar[int] = 1

    masking: MaskingConfig = fields.masking()
    loss: LossConfig = fields.token_loss()
    mae: LossConfig | None = fields.pixel_loss()
    regularizer: LossConfig | None = fields.regularizer("encoded tokens")
    token_exit_cfg: dict[str, int] = fields.token_exits()

    def build(self, model: "nn.Module") -> "LatentMIMRunner":
        """Make the runner around a model.

        Raises:
            UserError: where the model does not fit.
        """
        from spacenit_core.models.latent_mim.model import LatentMIM
        from spacenit_train.runners.latent_mim import LatentMIMRunner

        return LatentMIMRunner(self, self.fitting(model, LatentMIM))


@frozen(kw_only=True, field_transformer=own_first)
class ContrastiveLatentMIMConfig(MaskedAlike, TargetSettings, RunnerConfig):
    """Predict masked patches in two views of each sample, and tell the samples apart by the views (OlmoEarth)."""

    trains: ClassVar[type[ModelConfig]] = LatentMIMConfig
    views: ClassVar[int] = 2

    masking: MaskingConfig = fields.masking()
    loss: LossConfig = fields.token_loss()
    contrastive: LossConfig | None = fields.contrastive_loss(InfoNCEConfig)
    mae: LossConfig | None = fields.pixel_loss()
    regularizer: LossConfig | None = fields.regularizer("pooled vectors")
    token_exit_cfg: dict[str, int] = fields.token_exits()

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

    masking_a: MaskingConfig = fields.masking("which tokens the first view encodes")
    masking_b: MaskingConfig = fields.masking("which tokens the second view encodes")
    loss_a: LossConfig = fields.token_loss(" in the first view")
    loss_b: LossConfig = fields.token_loss(" in the second view")
    contrastive: LossConfig | None = fields.contrastive_loss()
    mae: LossConfig | None = fields.pixel_loss()
    regularizer: LossConfig | None = fields.regularizer("pooled vectors")
    token_exit_cfg_a: dict[str, int] = fields.token_exits("target for the first view's targets")
    token_exit_cfg_b: dict[str, int] = fields.token_exits("target for the second view's targets")

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
class MAERunnerConfig(MaskedAlike, StepSettings, RunnerConfig):
    """Reconstruct the pixels of masked patches in one view of each sample (MAE, arXiv:2111.06377)."""

    trains: ClassVar[type[ModelConfig]] = MaskedAutoencoderConfig
    views: ClassVar[int] = 1

    masking: MaskingConfig = fields.masking()
    mae: LossConfig | None = fields.pixel_loss(_smooth_l1)
    latent_mim: LossConfig | None = fields.loss(
        "tokens", "compares predicted tokens with those of the online encoder (none: not at all)"
    )
    regularizer: LossConfig | None = fields.regularizer("encoded tokens")
    token_exit_cfg: dict[str, int] = fields.token_exits("online encoder whose tokens are the targets")

    def __attrs_post_init__(self) -> None:
        if self.mae is None and self.latent_mim is None:
            raise ValueError("the runner mae needs a loss: mae, latent_mim or both")

    def inactive(self) -> dict[str, str]:
        """See `EntryConfig`: without a loss of tokens there are no targets."""
        return {"token_exit_cfg": "latent_mim=none"} if self.latent_mim is None else {}

    def incompatibilities(self, model: ModelConfig) -> list[UserError]:
        """See `RunnerConfig`: also a decoder without a loss, and a loss without a decoder."""
        problems = super().incompatibilities(model)
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
