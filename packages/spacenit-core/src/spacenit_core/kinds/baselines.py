"""Deprecated: what embedders were before. Entries that inherit `BaselineConfig` work for one release more.

Write `spacenit_core.kinds.embedders.EmbedderConfig` in its place, which is given samples in stored units.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig

if TYPE_CHECKING:
    from spacenit_core.samples.batch import Batch


class FeatureExtractor(Protocol):
    """Turns windows, normalised by the statistics of their sensors, into vectors."""

    def __call__(self, batch: "Batch") -> np.ndarray:
        """From B windows with every present token visible (one view) to float32 ``[B, F]``."""
        ...


class BaselineConfig(EmbedderConfig):
    """Base of baseline entries."""

    __slots__ = ()

    deprecated: ClassVar[str] = "inherit spacenit_core.kinds.embedders.EmbedderConfig in place of BaselineConfig"

    def build(self, experiment: Any) -> FeatureExtractor:  # type: ignore[override]
        """Make the extractor beside an evaluated model."""
        raise NotImplementedError


BASELINES = EMBEDDERS
