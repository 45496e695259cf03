"""Vectors as whole numbers of 8 bits, by a fixed power."""

import numpy as np


class PowerCodes:
    """Stores the square root of each number in 255 steps from -1 to 1, as OlmoEarth's embeddings are published.

    Numbers beyond 1 become 1: how many of the training vectors' do is told.

    Args:
        vectors: float ``[n, D]``, of the training samples.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        known = vectors[np.isfinite(vectors)]
        saturated = int((np.abs(known) >= 1).sum())
        self.remark = f"{saturated} of {known.size} training values saturate ({saturated / max(known.size, 1):.1%})"

    @staticmethod
    def codes(vectors: np.ndarray) -> np.ndarray:
        """From float ``[n, D]`` to int8 ``[n, D]``; 0 for a missing value."""
        roots = np.sign(vectors) * np.sqrt(np.abs(vectors)) * 127.5
        return np.rint(np.clip(np.nan_to_num(roots, nan=0.0), -127, 127)).astype(np.int8)

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """What the codes stand for, float32 ``[n, D]``."""
        codes = self.codes(vectors).astype(np.float32)
        found = np.sign(codes) * (codes / np.float32(127.5)) ** 2
        return np.where(np.isnan(vectors), np.float32(np.nan), found)
