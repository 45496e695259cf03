"""What transforms of vectors have in common."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class VectorTransform(Protocol):
    """Turns vectors into others, as was learnt from those of the training samples.

    Attributes:
        remark: what a reader should know of it: what was lost.
    """

    remark: str

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """From float ``[n, D]`` to float32 ``[n, D']``; a missing value is NaN."""
        ...


class FitsTransform(Protocol):
    """Learns a transform from vectors ``[n, D]`` of the training samples."""

    def __call__(self, vectors: np.ndarray) -> VectorTransform: ...


class InTurn:
    """Transforms one after the other, each learnt from what those before it make of the training vectors.

    Args:
        steps: what learns them.
        vectors: float ``[n, D]``, of the training samples.
    """

    def __init__(self, steps: Sequence[FitsTransform], vectors: np.ndarray) -> None:
        self._transforms: list[VectorTransform] = []
        for step in steps:
            transform = step(vectors)
            vectors = transform(vectors)
            self._transforms.append(transform)
        self.size = vectors.shape[1]
        self.remark = "; ".join(filter(None, (transform.remark for transform in self._transforms)))

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """From float ``[n, D]`` to float32 ``[n, size]``."""
        for transform in self._transforms:
            vectors = transform(vectors)
        return np.asarray(vectors, dtype=np.float32)
