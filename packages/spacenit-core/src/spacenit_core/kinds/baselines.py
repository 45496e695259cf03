"""Kind `baselines`: what a trained encoder is compared with. All give one feature vector per window."""

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    from spacenit_core.samples.batch import Batch


class FeatureExtractor(Protocol):
    """Turns windows into vectors."""

    def __call__(self, batch: "Batch") -> np.ndarray:
        """From B windows with every present token visible (one view) to float32 ``[B, F]``."""
        ...


class BaselineConfig(EntryConfig):
    """Base of baseline entries."""

    __slots__ = ()

    def build(self, experiment: Any) -> FeatureExtractor:
        """Make the extractor beside a trained run (a `spacenit_evals.checkpoint.TrainedRun`)."""
        raise NotImplementedError


BASELINES: Registry[type[BaselineConfig]] = Registry("baselines", BaselineConfig)
