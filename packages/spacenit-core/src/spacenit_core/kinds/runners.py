"""Kind `runners`: from a batch to a loss. A runner returns a loss; only the trainer loops."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.optimizers import OptimizerConfig
from spacenit_core.kinds.schedulers import SchedulerConfig
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    import torch
    from torch import nn


@frozen(kw_only=True)
class StepLoss:
    """What a runner's `forward(batch)` returns for one micro-batch.

    Attributes:
        loss: float32 scalar with a graph.
        metrics: detached float32 scalars by name ("ModalityPatchDisc", "InfoNCE"), on the device.
    """

    loss: "torch.Tensor"
    metrics: dict[str, "torch.Tensor"]


class RunnerConfig(EntryConfig):
    """Base of runner entries. Every runner has at least these fields, which the trainer reads.

    `build(model)` gives an `nn.Module` whose `forward(batch) -> StepLoss` takes what the loader gives, of windows of
    sensors a `Batch`; its parameters are the model's. Where it has a method `on_step_start(step, max_steps)`, that is
    called before each update, counted from 1; a method `on_weights_loaded()` is called when a new run has taken its
    weights from `trainer.load_path`.
    """

    __slots__ = ()

    optim: OptimizerConfig
    scheduler: SchedulerConfig
    rank_microbatch_size: int
    max_grad_norm: float | None

    def masking_of_views(self) -> tuple[MaskingConfig, ...]:
        """The masking of each view: as many as the loader is to make; none where nothing is masked."""
        return ()

    def with_needs(self, model: ModelConfig) -> ModelConfig:
        """The model's settings with what they leave to the runner filled in."""
        return model

    def incompatibilities(self, model: ModelConfig) -> list[UserError]:
        """What keeps the runner from training such a model."""
        return []

    def build(self, model: "nn.Module") -> "nn.Module":
        """Make the runner around a model."""
        raise NotImplementedError


RUNNERS: Registry[type[RunnerConfig]] = Registry(
    "runners",
    RunnerConfig,
    renamed={"contrastive_latentmim": "contrastive_latent_mim"},
)
