"""Configs of the runners."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from attrs import Attribute, evolve, frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LossConfig, check_role
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import MODELS, ModelConfig
from spacenit_core.kinds.optimizers import OptimizerConfig
from spacenit_core.kinds.runners import RUNNERS, RunnerConfig
from spacenit_core.kinds.schedulers import SchedulerConfig
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_train.losses.config import InfoNCEConfig, ModalityPatchDiscriminationConfig
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup

if TYPE_CHECKING:
    from torch import nn

    from spacenit_train.runners.contrastive_latent_mim import ContrastiveLatentMIM
    from spacenit_train.runners.latent_mim import LatentMIMRunner

M = TypeVar("M", bound="nn.Module")


def own_first(_: type, fields: "list[Attribute[Any]]") -> "list[Attribute[Any]]":
    """A runner's own settings before those that it shares, in files and documents."""
    return sorted(fields, key=lambda field: field.inherited)  # type: ignore[attr-defined]


def exits(depths: dict[str, int]) -> dict[str, int]:
    """Token exits by sensor names as they are installed, from any case."""
    return {SENSORS.canonical(name): depth for name, depth in depths.items()}


FIXED = (1.0, 1.0)
"""The decay of a target that stays as it is."""


@frozen(kw_only=True)
class StepSettings:
    """What all runners have: the optimizer, its schedule and the size of a step's parts."""

    trains: ClassVar[type[ModelConfig]]
    """The models that the runner can train."""

    optim: OptimizerConfig = setting("optimizer", factory=AdamWConfig)
    scheduler: SchedulerConfig = setting("learning rate schedule", factory=CosineWithWarmup)
    rank_microbatch_size: int = setting("samples of one forward and backward pass on a rank", 32, validator=at_least(1))
    max_grad_norm: float | None = setting(
        "norm that gradients are clipped to (none: no clipping)", 1.0, validator=above(0)
    )

    def misfits(self, model: ModelConfig) -> list[UserError]:
        """See `RunnerConfig`: the models of other kinds."""
        if isinstance(model, self.trains):
            return []
        runner, given, fitting = RUNNERS.name_of(self), MODELS.name_of(model), MODELS.name_of(self.trains)
        hint = f"choose --model.type={fitting}, or another --train_module.type"
        return [UserError(f"the runner {runner} cannot train the model {given}", hint)]

    def fitting(self, model: "nn.Module", cls: type[M]) -> M:
        """A model that the runner can train, as what it is.

        Raises:
            UserError: where it is another one, or its settings and the runner's do not go together.
        """
        if not isinstance(model, cls):
            hint = f"choose --model.type={MODELS.name_of(self.trains)}"
            raise UserError(f"the runner {RUNNERS.name_of(self)} cannot train a {type(model).__name__}", hint)
        for problem in self.misfits(model.config):  # type: ignore[arg-type]
            raise problem
        return model


@frozen(kw_only=True)
class TargetSettings(StepSettings):
    """What the runners have whose models predict the tokens of a target encoder."""

    token_exit_cfg: dict[str, int] = setting(
        "sensor -> blocks of the target after which its tokens are taken; 0, a projection of the patch, if not named",
        factory=dict,
        converter=exits,
    )
    ema_decay: tuple[float, float] = setting(
        "decay of the target at the first and last step (1: a fixed target)", FIXED
    )
    reinit_targets: bool = setting("whether the target begins with random weights of its own", False)

    def __attrs_post_init__(self) -> None:
        if not all(0 <= decay <= 1 for decay in self.ema_decay):
            raise ValueError(f"ema_decay must lie between 0 and 1, not {list(self.ema_decay)}")
        if negative := [name for name, depth in self.token_exit_cfg.items() if depth < 0]:
            raise ValueError(f"token_exit_cfg must not be below 0, as that of {negative[0]} is")

    @property
    def needs_encoder(self) -> bool:
        """Whether a projection of patches does not do as the target."""
        return self.ema_decay != FIXED or any(self.token_exit_cfg.values())

    def with_needs(self, model: ModelConfig) -> ModelConfig:
        """See `RunnerConfig`: the choice of the target."""
        if isinstance(model, LatentMIMConfig) and model.target == "auto":
            kind: Literal["projection", "encoder"] = "encoder" if self.needs_encoder else "projection"
            return evolve(model, target=kind)
        return model

    def misfits(self, model: ModelConfig) -> list[UserError]:
        """See `RunnerConfig`: the models of other kinds, and targets that cannot do what they should."""
        problems = super().misfits(model)
        if isinstance(model, LatentMIMConfig) and model.target != "encoder" and self.needs_encoder:
            following = f"follow with a decay of {list(self.ema_decay)}"
            what = following if self.ema_decay != FIXED else "give tokens after blocks, as token_exit_cfg wants them"
            hint = "give --model.target=encoder, or leave ema_decay at [1.0,1.0] and all exits at 0"
            problems.append(UserError(f"model.target is a fixed projection of patches, so it cannot {what}", hint))
        depth = getattr(getattr(model, "encoder", None), "depth", None)
        beyond = {name: exit for name, exit in self.token_exit_cfg.items() if depth is not None and exit > depth}
        if beyond:
            name, exit = next(iter(beyond.items()))
            message = f"token_exit_cfg takes {name} after {exit} blocks, but the encoder has {depth}"
            problems.append(UserError(message, "give at most the encoder's depth"))
        return problems


@frozen(kw_only=True, field_transformer=own_first)
class LatentMIMRunnerConfig(TargetSettings, RunnerConfig):
    """Predict masked patches in one view of each sample (Latent MIM, arXiv:2407.15837)."""

    trains: ClassVar[type[ModelConfig]] = LatentMIMConfig

    masking: MaskingConfig = setting("which tokens are encoded and decoded", factory=ModalityCrossRandomMasking)
    loss: LossConfig = setting("compares predicted tokens with targets", factory=ModalityPatchDiscriminationConfig)
    regularizer: LossConfig | None = setting("keeps the encoded tokens apart (none: not at all)", None)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_role("loss", "tokens", self.loss)
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
    regularizer: LossConfig | None = setting("keeps the pooled vectors of a view apart (none: not at all)", None)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_role("loss", "tokens", self.loss)
        check_role("contrastive", "pooled", self.contrastive)
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
