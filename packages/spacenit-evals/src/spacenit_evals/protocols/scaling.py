"""Putting features on one scale before a probe sees them."""

import numpy as np
from attrs import frozen


@frozen(kw_only=True, eq=False)
class Scaling:
    """Takes an offset from each of F features, divides by a scale, and fills in what is missing (not finite).

    Attributes:
        offset: float ``[F]``.
        scale: float ``[F]``.
        filling: float ``[F]``, what stands for a missing value.
    """

    offset: np.ndarray
    scale: np.ndarray
    filling: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Scaled features, float ``[n, F]``."""
        scaled = (features - self.offset) / self.scale
        return np.where(np.isfinite(scaled), scaled, self.filling)


@frozen(kw_only=True, eq=False)
class Filling:
    """Replaces what is missing of F features, and leaves the rest as it is.

    Attributes:
        filling: float ``[F]``, what stands for a missing value.
    """

    filling: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Finite features, ``[n, F]``; the same array where nothing is missing."""
        known = np.isfinite(features)
        return features if known.all() else np.where(known, features, self.filling)


def standardising(train: np.ndarray) -> Scaling:
    """Mean 0 and deviation 1 by the training features; what is missing becomes the mean, i.e. 0.

    Args:
        train: float ``[n, F]``.
    """
    known = np.isfinite(train)
    mean = _mean(train, known)
    deviation = np.sqrt(np.where(known, (train - mean) ** 2, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    # Of a feature that does not vary the mean is rounded, and the deviation is that rounding.
    varies = np.where(known, train, np.inf).min(axis=0) < np.where(known, train, -np.inf).max(axis=0)
    scale = np.where(varies & (deviation > 1e-12), deviation, np.inf)
    return Scaling(offset=mean, scale=scale, filling=np.zeros_like(mean))


def filling(train: np.ndarray) -> Filling:
    """Replace what is missing by the mean of the training features.

    Args:
        train: float ``[n, F]``.
    """
    return Filling(filling=_mean(train, np.isfinite(train)))


def standardise(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides by :func:`standardising`, float ``[n, F]`` and ``[m, F]``."""
    scaling = standardising(train)
    return scaling(train), scaling(test)


def fill_missing(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides by :func:`filling`, float ``[n, F]`` and ``[m, F]``."""
    filled = filling(train)
    return filled(train), filled(test)


def _mean(train: np.ndarray, known: np.ndarray) -> np.ndarray:
    mean: np.ndarray = np.where(known, train, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return mean
