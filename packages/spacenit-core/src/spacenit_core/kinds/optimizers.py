"""Kind `optimizers`."""

from typing import TYPE_CHECKING

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer


class OptimizerConfig(EntryConfig):
    """Base of optimizer entries; every one has a peak learning rate `lr`."""

    __slots__ = ()

    lr: float

    def build(self, model: "nn.Module") -> "Optimizer":
        """Make the optimizer for the parameters of a model that require gradients; its `step()` takes no closure."""
        raise NotImplementedError


OPTIMIZERS: Registry[type[OptimizerConfig]] = Registry("optimizers", OptimizerConfig)
