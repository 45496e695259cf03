"""What a probe predicts, as protocols were called before: see `spacenit_core.kinds.probes.Probe`."""

from typing import Any

import numpy as np
from attrs import define

from spacenit_core.contracts.owner import Owner
from spacenit_core.contracts.predictions import checked
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import EmbeddedPart, LabelledSplit, Predicted


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

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Predicted:
        """Fit on the pooled vectors of one side, and predict those of the other.

        Raises:
            PluginError: for predictions that break the contract.
        """
        train, test = split.train, split.test
        predicted = self.probe.fit_predict(train.pooled(embedder), train.labels, test.pooled(embedder), train.groups)
        return checked(predicted, split, self.owner)

    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> Predicted:
        """See `spacenit_core.kinds.probes.Probe`.

        Raises:
            PluginError: for predictions that break the contract.
        """
        unknown = np.zeros(len(test), dtype=np.int64)
        sides = (
            EmbeddedPart(labels=labels, groups=labels, vectors=train),
            EmbeddedPart(labels=unknown, groups=unknown, vectors=test),
        )
        predicted = self.probe.fit_predict(train, labels, test, groups)
        return checked(predicted, LabelledSplit(train=sides[0], test=sides[1]), self.owner)
