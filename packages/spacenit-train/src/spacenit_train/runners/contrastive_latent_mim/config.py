"""Settings of the runner `contrastive_latent_mim`."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_train.losses.info_nce import InfoNCEConfig
from spacenit_train.runners import fields
from spacenit_train.runners.settings import MaskedAlike, TargetSettings, own_first

if TYPE_CHECKING:
    from torch import nn

    from spacenit_train.runners.contrastive_latent_mim.runner import ContrastiveLatentMIM


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
        from spacenit_train.runners.contrastive_latent_mim.runner import ContrastiveLatentMIM

        return ContrastiveLatentMIM(self, self.fitting(model, LatentMIM))
