"""Scores of a classification, computed from confusion matrices so that they have a slope in each cell."""

from collections.abc import Callable

import numpy as np


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int, weight: np.ndarray | None = None) -> np.ndarray:
    """Count who was taken for whom, ``[classes, classes]``: rows are the truth, columns the prediction.

    Args:
        truth: int ``[n]``, from 0 to classes - 1.
        predicted: int ``[n]``.
        classes: number of classes.
        weight: float ``[n]``, what each point counts for; 1 if None.

    Returns:
        int64 without weights, else float64.
    """
    pairs = np.bincount(truth * classes + predicted, weight, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def accuracy(matrix: np.ndarray) -> np.ndarray:
    """Share of correct predictions, from ``[..., K, K]`` to ``[...]``."""
    return np.trace(matrix, axis1=-2, axis2=-1) / matrix.sum(axis=(-2, -1))


def balanced_accuracy(matrix: np.ndarray) -> np.ndarray:
    """Mean over the classes that occur of the share found, from ``[..., K, K]`` to ``[...]``."""
    return _mean_where(np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-1))


def macro_f1(matrix: np.ndarray) -> np.ndarray:
    """Mean F1 over the classes that occur or are predicted, from ``[..., K, K]`` to ``[...]``."""
    return _mean_where(2 * np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-1) + matrix.sum(axis=-2))


def mean_iou(matrix: np.ndarray) -> np.ndarray:
    """Mean intersection over union of the classes that occur or are predicted, from ``[..., K, K]`` to ``[...]``."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    return _mean_where(hits, matrix.sum(axis=-1) + matrix.sum(axis=-2) - hits)


def _mean_where(hits: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Mean over the last axis of hits / total, of the classes with a total."""
    occurs = total > 0
    ratio = hits / np.where(occurs, total, 1)
    return (ratio * occurs).sum(axis=-1) / occurs.sum(axis=-1)


METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "accuracy": accuracy,
    "balanced accuracy": balanced_accuracy,
    "macro F1": macro_f1,
}
"""The scores of a classification, by the name that a report prints."""

MAP_METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean IoU": mean_iou,
    "accuracy": accuracy,
    "balanced accuracy": balanced_accuracy,
    "macro F1": macro_f1,
}
"""Those of a segmentation, whose points are pixels."""
