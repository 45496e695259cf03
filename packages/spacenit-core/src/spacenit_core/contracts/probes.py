"""What a probe predicts, as protocols were called before: see `spacenit_core.kinds.probes.Probe`."""

from typing import Any

import numpy as np
from attrs import define

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledSplit


@define(eq=False)
class HeldProbe:
    """A probe as a protocol, and the check of its predictions.

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

    def predict(self, embedder: Embedder, split: LabelledSplit) -> np.ndarray:
        """Fit on the pooled vectors of one side, and predict those of the other.

        Raises:
            PluginError: for predictions that break the contract.
        """
        train, test = split.train, split.test
        return self.fit_predict(train.pooled(embedder), train.labels, test.pooled(embedder), train.groups)

    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> np.ndarray:
        """See `spacenit_core.kinds.probes.Probe`.

        Raises:
            PluginError: for predictions that break the contract.
        """
        predicted = self.probe.fit_predict(train, labels, test, groups)
        return checked_labels(predicted, labels, len(test), self.owner)


def checked_labels(predicted: Any, known: np.ndarray, count: int, owner: Owner) -> np.ndarray:
    """Predicted labels, int ``[count]``.

    Args:
        predicted: what was returned.
        known: the labels that it learned from.
        count: of the test samples.
        owner: whose it is.

    Raises:
        PluginError: for something else.
    """
    is_whole = isinstance(predicted, np.ndarray) and predicted.dtype.kind in "iu"
    if not is_whole or predicted.shape != (count,):
        owner.breaks(
            f"a protocol returns one label for each sample, int [{count}]", f"returned {shown_type(predicted)}"
        )
    strange = np.setdiff1d(predicted, known)
    if len(strange):
        owner.breaks("a protocol predicts labels that it learned from", f"returned the label {int(strange[0])}")
    found: np.ndarray = predicted
    return found
