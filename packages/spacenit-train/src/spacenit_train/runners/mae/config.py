"""Settings of the runner `mae`."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_train.losses.mae import MAEConfig
from spacenit_train.runners import fields
from spacenit_train.runners.settings import MaskedAlike, StepSettings, own_first

if TYPE_CHECKING:
    from torch import nn

    from spacenit_train.runners.mae.runner import MAERunner


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
        """Without a loss of tokens there are no targets."""
        return {"token_exit_cfg": "latent_mim=none"} if self.latent_mim is None else {}

    def incompatibilities(self, model: ModelConfig) -> list[UserError]:
        """What keeps any runner from a model, a decoder without a loss, and a loss without a decoder."""
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
        from spacenit_train.runners.mae.runner import MAERunner

        return MAERunner(self, self.fitting(model, MaskedAutoencoder))
