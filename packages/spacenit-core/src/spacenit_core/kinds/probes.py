"""Kind `probes`: small classifiers on frozen features."""

from typing import Protocol

import numpy as np

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry


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


class ProbeConfig(EntryConfig):
    """Base of probe entries."""

    __slots__ = ()

    def build(self) -> Probe:
        """Make the probe."""
        raise NotImplementedError


PROBES: Registry[type[ProbeConfig]] = Registry("probes", ProbeConfig)
