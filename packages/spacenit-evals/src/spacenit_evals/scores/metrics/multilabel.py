"""Scores of samples that may be of several classes at once."""

import numpy as np


def counts(truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Right, wrong and missed per class, float ``[3, K]``.

    Args:
        truth: bool ``[n, K]``.
        predicted: bool ``[n, K]``.
        weight: float ``[n]``.
    """
    return np.stack([weight @ part for part in (truth & predicted, ~truth & predicted, truth & ~predicted)])


def micro_f1(found: np.ndarray) -> float:
    """F1 of all decisions together, from ``[3, K]``; 0 where nothing is there and nothing was said."""
    right, wrong, missed = found.sum(axis=1)
    return float(2 * right / max(2 * right + wrong + missed, np.finfo(float).tiny))


def class_f1(found: np.ndarray) -> np.ndarray:
    """F1 of each class, ``[K]``; NaN of one that neither occurs nor is said."""
    right, wrong, missed = found
    total = 2 * right + wrong + missed
    return np.where(total > 0, 2 * right / np.where(total > 0, total, 1.0), np.nan)


def macro_f1(found: np.ndarray) -> float:
    """Mean F1 of the classes that occur or are said, of counts ``[3, K]``."""
    values = class_f1(found)
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
