"""Settings of the runner `galileo`."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_train.runners import fields
from spacenit_train.runners.settings import TargetSettings, own_first

if TYPE_CHECKING:
    from torch import nn

    from spacenit_train.runners.galileo.runner import GalileoRunner


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
        from spacenit_train.runners.galileo.runner import GalileoRunner

        return GalileoRunner(self, self.fitting(model, Galileo))
