"""Protocol `transformed`: another protocol on fewer dimensions, on few bits, or on the patch in the middle."""

from functools import partial
from typing import TYPE_CHECKING, Literal, Self

from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, one_of, setting
from spacenit_core.contracts.build import build
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledSplit, Predicted, ProtocolConfig
from spacenit_core.kinds.tasks import Task
from spacenit_evals.protocols.knn import KNN

if TYPE_CHECKING:
    from spacenit_evals.vectors.transforms.transform import FitsTransform


@frozen(kw_only=True)
class Transformed(ProtocolConfig):
    """Vectors are taken, stored as codes and read back, and projected, in this order, before another judges.

    What is learnt for it (quantiles, principal components) is learnt from the training samples of each split.
    """

    protocol: ProtocolConfig = setting("how the vectors are judged then", factory=KNN)
    vector: Literal["pooled", "centre"] = setting(
        "a sample's vector: its pooled one, or that of the patch in its middle",
        "pooled",
        validator=one_of(("pooled", "centre")),
    )
    bits: int | None = setting(
        "bits of a stored number, by quantiles of each dimension: 1, 2, 4 or 8 (none: not stored so)",
        None,
        validator=one_of((None, 1, 2, 4, 8)),
    )
    power_codes: bool = setting("whether numbers are stored in 8 bits by their square roots, as OlmoEarth does", False)
    dimensions: int | None = setting(
        "principal components that are kept (none: vectors are not projected)", None, validator=at_least(1)
    )

    def __attrs_post_init__(self) -> None:
        if self.bits is not None and self.power_codes:
            raise ValueError("power_codes are stored in 8 bits; leave bits out")

    @property
    def tasks(self) -> tuple[Task, ...]:  # type: ignore[override]
        """The other protocol's."""
        return self.protocol.tasks

    @property
    def version(self) -> int:  # type: ignore[override]
        """The other protocol's."""
        return self.protocol.version

    def repeats(self) -> tuple[Self, ...]:
        """The other protocol's."""
        return tuple(evolve(self, protocol=one) for one in self.protocol.repeats())

    def build(self) -> "_Transformed":
        """Make it."""
        return _Transformed(self)


class _Transformed:
    def __init__(self, config: Transformed) -> None:
        self.config = config
        self.remark = ""

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Predicted:
        """Transform the vectors, and let the other protocol predict."""
        from spacenit_evals.vectors.transforms.transformed_part import TransformsOfSplit, transformed

        transforms = TransformsOfSplit(split.train, self._steps(), self.config.vector == "centre")
        other = build(self.config.protocol)
        predicted: Predicted = other.predict(embedder, transformed(split, transforms))
        self.remark = "; ".join(filter(None, (transforms.remark, str(getattr(other, "remark", "")))))
        return predicted

    def _steps(self) -> "tuple[FitsTransform, ...]":
        from spacenit_evals.vectors.transforms.power_codes import PowerCodes
        from spacenit_evals.vectors.transforms.principal import PrincipalComponents
        from spacenit_evals.vectors.transforms.quantile_codes import QuantileCodes

        steps: list[FitsTransform] = []
        if self.config.bits is not None:
            steps.append(partial(QuantileCodes, bits=self.config.bits))
        if self.config.power_codes:
            steps.append(PowerCodes)
        if self.config.dimensions is not None:
            steps.append(partial(PrincipalComponents, dimensions=self.config.dimensions))
        return tuple(steps)
