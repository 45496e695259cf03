"""Settings that runners share, and how they fit a model's."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

import attrs
from attrs import evolve, frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.encoders import ABILITIES, ENCODERS, EncoderConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import MODELS, ModelConfig
from spacenit_core.kinds.optimizers import OptimizerConfig
from spacenit_core.kinds.runners import RUNNERS
from spacenit_core.kinds.schedulers import SchedulerConfig
from spacenit_core.models.targeted import TargetedSettings
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup

if TYPE_CHECKING:
    from torch import nn

M = TypeVar("M", bound="nn.Module")

FIXED = (1.0, 1.0)
"""The decay of a target that stays as it is."""

EXIT_SETTINGS = ("token_exit_cfg", "token_exit_cfg_a", "token_exit_cfg_b")
"""Settings that name sensors and after how many blocks of the target their tokens are taken."""


def own_first(_: type, fields: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    """A runner's own settings before those that it shares, in files and documents."""
    return sorted(fields, key=lambda field: field.inherited)  # type: ignore[attr-defined]


class MaskedAlike:
    """What the runners have in common that mask all views in the same way."""

    __slots__ = ()

    views: ClassVar[int]
    """How many views of each sample the loader makes."""

    masking: MaskingConfig

    def masking_of_views(self) -> tuple[MaskingConfig, ...]:
        """The one masking, for each view."""
        return (self.masking,) * self.views


@frozen(kw_only=True)
class StepSettings:
    """What all runners have: the optimizer, its schedule, and how a step is cut up."""

    trains: ClassVar[type[ModelConfig]]
    """The models that the runner can train."""

    optim: OptimizerConfig = setting("optimizer", factory=AdamWConfig)
    scheduler: SchedulerConfig = setting("learning rate schedule", factory=CosineWithWarmup)
    rank_microbatch_size: int = setting(
        "samples of one forward and backward pass on a rank; the step is the plain mean over these passes, whatever "
        "their samples hold, so that other sizes give other losses",
        32,
        validator=at_least(1),
    )
    max_grad_norm: float | None = setting(
        "norm that gradients are clipped to (none: no clipping)", 1.0, validator=above(0)
    )
    memory: Literal["together", "views", "checkpoint"] = setting(
        "together: all views in one call; views: one after the other, computed twice so that the intermediate results "
        "of one alone are kept; checkpoint: together, but the transformer blocks are computed twice",
        "together",
    )

    def incompatibilities(self, model: ModelConfig) -> list[UserError]:
        """Models of other kinds, losses of what the model does not make, and the reverse."""
        if not isinstance(model, self.trains):
            runner, given, fitting = RUNNERS.name_of(self), MODELS.name_of(model), MODELS.name_of(self.trains)
            hint = f"choose --model.type={fitting}, or another --train_module.type"
            return [UserError(f"the runner {runner} cannot train the model {given}", hint)]
        return [*self.pairs_up("mae", model, "reconstructor"), *self._deep_exits(model)]

    def pairs_up(self, loss: str, model: ModelConfig, part: str) -> Iterator[UserError]:
        """What is wrong where only one is there of a loss and the part of the model whose output it takes."""
        wanted, made = getattr(self, loss, None) is not None, getattr(model, part, None) is not None
        if wanted and not made:
            hint = f"give --model.{part}={{}}, or --train_module.{loss}=none"
            yield UserError(f"the loss {loss} needs model.{part}, which is none", hint)
        if made and not wanted:
            hint = f"give --train_module.{loss} the name of a loss, or --model.{part}=none"
            yield UserError(f"model.{part} makes what no loss {loss} compares", hint)

    def token_exits(self) -> dict[str, dict[str, int]]:
        """All token exits, by the name of the setting."""
        return {name: getattr(self, name) for name in EXIT_SETTINGS if hasattr(self, name)}

    def _deep_exits(self, model: ModelConfig) -> Iterator[UserError]:
        encoder = getattr(model, "encoder", None)
        depth = getattr(encoder, "depth", None)
        for name, depths in self.token_exits().items():
            if any(depths.values()) and isinstance(encoder, EncoderConfig) and "exits" not in encoder.provides:
                lacking = (
                    f"the encoder {ENCODERS.name_of(encoder)} provides no {ABILITIES['exits']}, which {name} asks for"
                )
                yield UserError(lacking, f"leave {name} at 0, or choose another --model.encoder.type")
            beyond = [sensor for sensor, exit in depths.items() if depth is not None and exit > depth]
            if beyond:
                taken = f"{name} takes {beyond[0]} after {depths[beyond[0]]} blocks"
                yield UserError(f"{taken}, but the encoder has {depth}", "give at most the encoder's depth")

    def fitting(self, model: "nn.Module", cls: type[M]) -> M:
        """A model that the runner can train, as what it is.

        Raises:
            UserError: where it is another one, or its settings and the runner's do not go together.
        """
        if not isinstance(model, cls):
            hint = f"choose --model.type={MODELS.name_of(self.trains)}"
            raise UserError(f"the runner {RUNNERS.name_of(self)} cannot train a {type(model).__name__}", hint)
        for problem in self.incompatibilities(model.config):  # type: ignore[arg-type]
            raise problem
        return model


@frozen(kw_only=True)
class TargetSettings(StepSettings):
    """What the runners have whose models predict the tokens of a target encoder."""

    ema_decay: tuple[float, float] = setting(
        "decay of the target at the first and last step (1: a fixed target)", FIXED
    )
    reinit_targets: bool = setting("whether the target begins with random weights of its own", False)

    def __attrs_post_init__(self) -> None:
        if not all(0 <= decay <= 1 for decay in self.ema_decay):
            raise ValueError(f"ema_decay must lie between 0 and 1, not {list(self.ema_decay)}")

    def inactive(self) -> dict[str, str]:
        """A target that is the encoder begins with nothing of its own."""
        return {"reinit_targets": "ema_decay=[0.0,0.0]"} if self.ema_decay == (0.0, 0.0) else {}

    def with_needs(self, model: ModelConfig) -> ModelConfig:
        """The model with the target that the runner needs, where it leaves it open."""
        if isinstance(model, TargetedSettings) and model.target == "auto":
            return evolve(model, target="encoder" if self._beyond_projection() else "projection")
        return model

    def incompatibilities(self, model: ModelConfig) -> list[UserError]:
        """What keeps any runner from a model, and targets that cannot do what they should."""
        problems, beyond = super().incompatibilities(model), self._beyond_projection()
        if isinstance(model, TargetedSettings) and model.target != "encoder" and beyond:
            hint = "give --model.target=encoder, or leave ema_decay at [1.0,1.0] and all token exits at 0"
            problems.append(UserError(f"model.target is a fixed projection of patches, so it cannot {beyond}", hint))
        return problems

    def _beyond_projection(self) -> str:
        """What a projection of patches cannot do, but is asked of the target; empty where it does."""
        if self.ema_decay != FIXED:
            return f"follow with a decay of {list(self.ema_decay)}"
        deep = [name for name, depths in self.token_exits().items() if any(depths.values())]
        return f"give tokens after blocks, as {deep[0]} wants them" if deep else ""
