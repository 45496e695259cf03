"""Vectors as codes of few bits, by quantiles of each dimension."""

import numpy as np


class QuantileCodes:
    """Stores each number as one of 2^b codes, which are equally frequent among the training vectors.

    A code stands for the median of its part of the training values; a missing value stays missing.

    Args:
        vectors: float ``[n, D]``, of the training samples.
        bits: b, 1 to 8.
    """

    remark = ""

    def __init__(self, vectors: np.ndarray, bits: int) -> None:
        codes = 1 << bits
        levels = np.arange(2 * codes + 1) / (2 * codes)
        known = np.isfinite(vectors)
        if known.all():
            quantiles = np.quantile(vectors, levels, axis=0).T
        else:
            columns = [column[here] for column, here in zip(vectors.T, known.T, strict=True)]
            quantiles = np.stack([np.quantile(column if len(column) else [0.0], levels) for column in columns])
        self.bounds = quantiles[:, 2:-1:2]
        self.values = quantiles[:, 1::2].astype(np.float32)

    def codes(self, vectors: np.ndarray) -> np.ndarray:
        """From float ``[n, D]`` to uint8 ``[n, D]``; 0 for a missing value."""
        codes = np.zeros(vectors.shape, dtype=np.uint8)
        for place, bounds in enumerate(self.bounds):
            codes[:, place] = np.searchsorted(bounds, np.nan_to_num(vectors[:, place], nan=-np.inf), side="right")
        return codes

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """What the codes stand for, float32 ``[n, D]``."""
        found = self.values[np.arange(vectors.shape[1]), self.codes(vectors)]
        return np.where(np.isnan(vectors), np.float32(np.nan), found)
