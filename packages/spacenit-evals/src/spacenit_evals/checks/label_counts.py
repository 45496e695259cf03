"""How often each class occurs in each sample, whatever the task."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen

from spacenit_core.kinds.benchmarks import Benchmark, Labels

_BATCH = 64
"""Label maps that are held at a time."""


@frozen(kw_only=True, eq=False)
class LabelCounts:
    """Labels of n samples, counted.

    Attributes:
        counts: int64 ``[n, K]``: pixels (or 0 and 1 without a grid) of each class; of a regression ``[n, 1]``, known
            numbers.
        outside: int64 ``[n]``: labels that are none of the classes, and are not marked as ignored.
        ignored: int64 ``[n]``: labels that are marked so.
        lowest: the lowest number of a regression's target in each sample, float64 ``[n]``; NaN else.
        highest: the highest likewise.
    """

    counts: np.ndarray
    outside: np.ndarray
    ignored: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(cls, benchmark: Benchmark) -> "LabelCounts":
        """Count the labels of all samples, some maps at a time."""
        task, classes = str(benchmark.facts.task), len(benchmark.facts.classes)
        parts = [_counted(labels, task, classes) for labels in _batches(benchmark.labels)]
        return cls(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _batches(labels: Labels) -> Iterator[np.ndarray]:
    for start in range(0, len(labels), _BATCH):
        yield np.asarray(labels[np.arange(start, min(start + _BATCH, len(labels)))])


def _counted(labels: np.ndarray, task: str, classes: int) -> dict[str, np.ndarray]:
    flat = labels.reshape(len(labels), -1)
    nothing, unknown = np.zeros(len(labels), np.int64), np.full(len(labels), np.nan)
    if task == "multilabel":
        return _row(flat.astype(np.int64), nothing, nothing, unknown, unknown)
    if task.endswith("regression"):
        known = np.isfinite(flat)
        low, high = np.where(known, flat, np.inf).min(axis=1), np.where(known, flat, -np.inf).max(axis=1)
        counts, unset = known.sum(axis=1), (~known).sum(axis=1)
        outside, ignored = (unset, nothing) if task == "regression" else (np.isinf(flat).sum(axis=1), unset)
        some = counts > 0
        return _row(counts[:, None], outside, ignored, np.where(some, low, np.nan), np.where(some, high, np.nan))
    ignored = (flat == -1).sum(axis=1) if task == "segmentation" else nothing
    inside = (flat >= 0) & (flat < classes)
    rows = np.broadcast_to(np.arange(len(flat))[:, None], flat.shape)[inside]
    counts = np.bincount(rows * classes + flat[inside], minlength=len(flat) * classes).reshape(len(flat), classes)
    return _row(counts, flat.shape[1] - inside.sum(axis=1) - ignored, ignored, unknown, unknown)


def _row(
    counts: np.ndarray, outside: np.ndarray, ignored: np.ndarray, lowest: np.ndarray, highest: np.ndarray
) -> dict[str, np.ndarray]:
    return {"counts": counts, "outside": outside, "ignored": ignored, "lowest": lowest, "highest": highest}
