"""Loss `info_nce`: contrastive loss between two views (arXiv:1807.03748)."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.losses import LossConfig, LossRole, PooledLoss
from spacenit_train.losses.settings import TAU, WEIGHT, Weighted

if TYPE_CHECKING:
    from torch import Tensor


@frozen(kw_only=True)
class InfoNCEConfig(Weighted, LossConfig):
    """Tell the second view of a sample from those of the others of the micro-batch (arXiv:1807.03748)."""

    role: ClassVar[LossRole] = "pooled"
    metric: ClassVar[str] = "InfoNCE"

    tau: float = setting(TAU, 0.1, validator=above(0))
    weight: float = setting(WEIGHT, 1.0, validator=at_least(0))

    def build(self) -> PooledLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, first: "Tensor", second: "Tensor") -> "Tensor":
        """Cross entropy over cosine similarities, from the first view to the second, negatives from the micro-batch.

        Args:
            first: pooled vectors of one view, ``[B, D]``.
            second: those of the other, ``[B, D]``.

        Returns:
            A float32 scalar.
        """
        import torch
        from torch.nn.functional import cross_entropy, normalize

        similarity = normalize(first.float(), dim=-1) @ normalize(second.float(), dim=-1).T
        labels = torch.arange(len(first), device=first.device)
        return self.weight * cross_entropy(similarity / self.tau, labels)
