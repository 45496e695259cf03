"""What a protocol predicts: see `spacenit_core.kinds.protocols.EvaluationProtocol`."""

from typing import Any

from attrs import define

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.contracts.predictions import checked
from spacenit_core.contracts.probes import HeldProbe
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledSplit, Predicted


def hold(component: Any, owner: Owner) -> "HeldProtocol | HeldProbe":
    """A protocol whose predictions are checked; what fits on vectors alone, as probes did, is one too."""
    if not callable(getattr(component, "predict", None)):
        if callable(getattr(component, "fit_predict", None)):
            owner.takes(component.fit_predict, "train, labels, test, groups")
            return HeldProbe(component, owner)
        owner.breaks("a protocol has predict(embedder, split)", f"built {shown_type(component)}")
    owner.takes(component.predict, "embedder, split", iterated=True)
    return HeldProtocol(component, owner)


@define(eq=False)
class HeldProtocol:
    """A protocol and the check of its predictions.

    Attributes:
        protocol: what `build` made.
        owner: whose it is.
    """

    protocol: Any
    owner: Owner

    def __getattr__(self, name: str) -> Any:
        if name in ("protocol", "owner") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.protocol, name)

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Predicted:
        """What is predicted for the test samples, see there.

        Raises:
            PluginError: for predictions that break the contract.
        """
        return checked(self.protocol.predict(embedder, split), split, self.owner)
