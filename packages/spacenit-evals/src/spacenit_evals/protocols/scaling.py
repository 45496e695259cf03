"""Putting features on one scale before a probe sees them."""

import numpy as np


def standardise(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean 0 and deviation 1 by the training features; what is missing (not finite) becomes the mean, i.e. 0.

    Args:
        train: float ``[n, F]``.
        test: float ``[m, F]``.
    """
    known = np.isfinite(train)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, train, 0.0).sum(axis=0) / count
    deviation = np.sqrt(np.where(known, (train - mean) ** 2, 0.0).sum(axis=0) / count)
    scale = np.where(deviation > 1e-12, deviation, np.inf)
    scaled = ((part - mean) / scale for part in (train, test))
    first, second = (np.where(np.isfinite(part), part, 0.0) for part in scaled)
    return first, second


def fill_missing(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Replace what is missing (NaN) by the mean of the training features, and leave the rest as it is.

    Args:
        train: float ``[n, F]``.
        test: float ``[m, F]``.
    """
    known = np.isfinite(train)
    mean = np.where(known, train, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, train, mean), np.where(np.isfinite(test), test, mean)
