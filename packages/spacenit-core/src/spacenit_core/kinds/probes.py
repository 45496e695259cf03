"""Kind `probes`: small classifiers on frozen features."""

from typing import Protocol

import numpy as np

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry


class Probe(Protocol):
    """Fits on some feature vectors and predicts others."""

    def fit_predict(self, train: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
        """From float ``[n, F]``, int ``[n]`` and float ``[m, F]`` to predicted labels int ``[m]``."""
        ...


class ProbeConfig(EntryConfig):
    """Base of probe entries."""

    __slots__ = ()

    def build(self) -> Probe:
        """Make the probe."""
        raise NotImplementedError


PROBES: Registry[type[ProbeConfig]] = Registry("probes", ProbeConfig)
