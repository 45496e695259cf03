"""Deprecated: what protocols were before. Entries that inherit `ProbeConfig` work for one release more.

Write `spacenit_core.kinds.protocols.ProtocolConfig` in its place, which is given the embedder beside its vectors.
"""

from typing import ClassVar, Protocol

import numpy as np

from spacenit_core.kinds.protocols import PROTOCOLS, ProtocolConfig


class Probe(Protocol):
    """Fits on some feature vectors and predicts others.

    Where it has an attribute `remark`, a text about the last fit (what it chose, and how), reports print it.
    """

    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> np.ndarray:
        """Fit and predict.

        Args:
            train: float ``[n, F]``, features to learn from; NaN is a missing value.
            labels: int ``[n]``.
            test: float ``[m, F]``.
            groups: int ``[n]``, the block of ground of each training point; whatever is chosen by validation is chosen
                on whole blocks.

        Returns:
            int ``[m]``, the predicted labels.
        """
        ...


class ProbeConfig(ProtocolConfig):
    """Base of probe entries."""

    __slots__ = ()

    deprecated: ClassVar[str] = "inherit spacenit_core.kinds.protocols.ProtocolConfig in place of ProbeConfig"

    def build(self) -> Probe:  # type: ignore[override]
        """Make the probe."""
        raise NotImplementedError


PROBES = PROTOCOLS
