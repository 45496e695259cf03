"""Loss `koleo`: vectors keep away from their nearest neighbours (arXiv:1806.03198, DINOv2)."""

from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import above, at_least, one_of, setting
from spacenit_core.kinds.losses import EncodedView, LossConfig, LossRole, Regularizer
from spacenit_train.losses.settings import WEIGHT, Weighted

if TYPE_CHECKING:
    from torch import Tensor

ROWS_AT_ONCE = 4096
"""Tokens whose neighbours are looked for at once: the similarities of all with all might not fit into memory."""


@frozen(kw_only=True)
class KoLeoConfig(Weighted, LossConfig):
    """Keep encoded vectors away from their nearest neighbours (arXiv:1806.03198, DINOv2)."""

    role: ClassVar[LossRole] = "regularizer"
    metric: ClassVar[str] = "KoLeo"

    weight: float = setting(WEIGHT, 0.1, validator=at_least(0))
    mode: Literal["instance", "patch"] = setting(
        "what keeps apart: the samples' pooled vectors, or all encoded tokens",
        "instance",
        validator=one_of(("instance", "patch")),
    )
    eps: float = setting("added to distances, so that equal vectors have a finite loss", 1e-8, validator=above(0))

    def build(self) -> Regularizer:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, view: EncodedView) -> "Tensor":
        """Minus the mean logarithm of the distance to the nearest neighbour, on the unit sphere: a float32 scalar.

        In mode "instance" the vectors are the samples' pooled ones, without those of samples of which nothing is
        encoded; in mode "patch" all encoded tokens of the micro-batch. Fewer than two vectors have no neighbours: the
        loss is 0.
        """
        from torch.nn.functional import normalize, pairwise_distance

        vectors = view.tokens if self.mode == "patch" else view.pooled_of_present
        if len(vectors) < 2:
            return (view.pooled.float().sum() + view.tokens.float().sum()) * 0
        vectors = normalize(vectors.float(), eps=self.eps, dim=-1)
        distance = pairwise_distance(vectors, vectors[nearest_neighbours(vectors)], eps=self.eps)
        return -self.weight * (distance + self.eps).log().mean()


def nearest_neighbours(vectors: "Tensor") -> "Tensor":
    """The index of each unit vector's nearest neighbour, int64 ``[n]`` from ``[n, D]`` (n > 1); no gradient passes."""
    import torch

    vectors, found = vectors.detach(), []
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        similarity = vectors[start : start + ROWS_AT_ONCE] @ vectors.T
        # Nobody is his own neighbour.
        similarity.diagonal(start).fill_(-torch.inf)
        found.append(similarity.argmax(1))
    return torch.cat(found)
