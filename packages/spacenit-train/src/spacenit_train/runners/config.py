"""Configs of the runners."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LossConfig, check_role
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.optimizers import OptimizerConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.kinds.schedulers import SchedulerConfig
from spacenit_train.losses.config import InfoNCEConfig, ModalityPatchDiscriminationConfig
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup

if TYPE_CHECKING:
    from torch import nn

    from spacenit_train.runners.contrastive_latent_mim import ContrastiveLatentMIM


@frozen(kw_only=True)
class ContrastiveLatentMIMConfig(RunnerConfig):
    """Predict masked patches in two views of each sample, and tell the samples apart by the views (OlmoEarth)."""

    views: ClassVar[int] = 2

    masking: MaskingConfig = setting("which tokens are encoded and decoded", factory=ModalityCrossRandomMasking)
    loss: LossConfig = setting("compares predicted tokens with targets", factory=ModalityPatchDiscriminationConfig)
    contrastive: LossConfig | None = setting(
        "compares the pooled vectors of both views (none: not at all)", factory=InfoNCEConfig
    )
    optim: OptimizerConfig = setting("optimizer", factory=AdamWConfig)
    scheduler: SchedulerConfig = setting("learning rate schedule", factory=CosineWithWarmup)
    rank_microbatch_size: int = setting("samples of one forward and backward pass on a rank", 32, validator=at_least(1))
    max_grad_norm: float | None = setting(
        "norm that gradients are clipped to (none: no clipping)", 1.0, validator=above(0)
    )
    ema_decay: tuple[float, float] = setting(
        "decay of the target at the first and last step (1: a fixed target)", (1.0, 1.0)
    )

    def __attrs_post_init__(self) -> None:
        if not all(0 <= decay <= 1 for decay in self.ema_decay):
            raise ValueError(f"ema_decay must lie between 0 and 1, not {list(self.ema_decay)}")
        check_role("loss", "tokens", self.loss)
        check_role("contrastive", "pooled", self.contrastive)

    def build(self, model: "nn.Module") -> "ContrastiveLatentMIM":
        """Make the runner around a model.

        Raises:
            UserError: where the model is of another kind.
        """
        from spacenit_core.models.latent_mim.model import LatentMIM
        from spacenit_train.runners.contrastive_latent_mim import ContrastiveLatentMIM

        if not isinstance(model, LatentMIM):
            raise UserError(
                f"the runner contrastive_latent_mim cannot train a {type(model).__name__}",
                "choose --model.type=latent_mim",
            )
        return ContrastiveLatentMIM(self, model)
