"""What a probe predicts: see `spacenit_core.kinds.probes.Probe`."""

from typing import Any

import numpy as np
from attrs import define

from spacenit_core.contracts.owner import Owner, shown_type


def hold(component: Any, owner: Owner) -> "HeldProbe":
    """A probe whose predictions are checked."""
    if not callable(getattr(component, "fit_predict", None)):
        owner.breaks("a probe has fit_predict(train, labels, test, groups)", f"built {shown_type(component)}")
    owner.takes(component.fit_predict, "train, labels, test, groups")
    return HeldProbe(component, owner)


@define(eq=False)
class HeldProbe:
    """A probe and the check of its predictions.

    Attributes:
        probe: what `build` made.
        owner: whose it is.
    """

    probe: Any
    owner: Owner

    def __getattr__(self, name: str) -> Any:
        if name in ("probe", "owner") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.probe, name)

    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> np.ndarray:
        """See `spacenit_core.kinds.probes.Probe`.

        Raises:
            PluginError: for predictions that break the contract.
        """
        predicted: Any = self.probe.fit_predict(train, labels, test, groups)
        is_whole = isinstance(predicted, np.ndarray) and predicted.dtype.kind in "iu"
        if not is_whole or predicted.shape != (len(test),):
            due = f"a probe returns one label for each point, int [{len(test)}]"
            self.owner.breaks(due, f"returned {shown_type(predicted)}")
        strange = np.setdiff1d(predicted, labels)
        if len(strange):
            self.owner.breaks("a probe predicts labels that it learned from", f"returned the label {int(strange[0])}")
        found: np.ndarray = predicted
        return found
