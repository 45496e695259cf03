"""Optimizer `adamw` (arXiv:1711.05101)."""

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.optimizers import OptimizerConfig

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer


@frozen(kw_only=True)
class AdamWConfig(OptimizerConfig):
    """AdamW with weight decay on every parameter: biases, norms and embeddings too, as in the reference."""

    lr: float = setting("peak learning rate", 1e-4, validator=at_least(0))
    weight_decay: float = setting("decoupled weight decay", 0.02, validator=at_least(0))
    betas: tuple[float, float] = setting("decay of the running means of gradient and squared gradient", (0.9, 0.999))
    eps: float = setting("added to the root of the squared gradient's mean", 1e-8, validator=above(0))
    fused: bool | Literal["auto"] = setting("one kernel for all parameters (auto: where torch has one)", "auto")

    def __attrs_post_init__(self) -> None:
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas must lie in [0, 1), not {list(self.betas)}")

    def build(self, model: "nn.Module") -> "Optimizer":
        """Make the optimizer for the parameters of a model that require gradients."""
        from torch.optim import AdamW

        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        kernels = {parameter.device.type for parameter in parameters} <= {"cpu", "cuda"}
        return AdamW(
            parameters,
            lr=self.lr,
            betas=self.betas,
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=kernels if self.fused == "auto" else self.fused,
        )
