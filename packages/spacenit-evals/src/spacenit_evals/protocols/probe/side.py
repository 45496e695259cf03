"""Features and labels of one side of a split, read by batches: nothing of the whole side is copied."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import Labels, Rows
from spacenit_core.kinds.tasks import DENSE, IGNORED, Task

_ROWS = 256
_SMALLEST_DEVIATION = 1e-6


@frozen(eq=False)
class Target:
    """What the numbers that heads give stand for.

    Attributes:
        task: the task.
        classes: how many there are; 1 for a regression.
        mean: of the labels of a regression in training; 0 else.
        deviation: likewise; 1 else.
    """

    task: Task
    classes: int
    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def of(cls, task: Task, classes: int, labels: Labels) -> "Target":
        """Read the training labels through, and refuse what cannot be learnt from.

        Raises:
            DataError: where none counts, or one is no class.
        """
        if not task.endswith("regression"):
            known = sum(int(_checked(part, task, classes).sum()) for part in _parts(labels))
            if not known:
                raise DataError("no training sample has a label that counts")
            return cls(task, classes)
        count, total, squares = 0, 0.0, 0.0
        for part in _parts(labels):
            known_part = part[np.isfinite(part)].astype(np.float64)
            count, total = count + known_part.size, total + float(known_part.sum())
        if not count:
            raise DataError("no training sample has a label that counts")
        mean = total / count
        for part in _parts(labels):
            squares += float(np.nansum((part.astype(np.float64) - mean) ** 2))
        return cls(task, classes, mean, max((squares / count) ** 0.5, _SMALLEST_DEVIATION))

    def learnt(self, labels: np.ndarray) -> Tensor:
        """Labels as losses take them; numbers with mean 0 and deviation 1 by the training labels.

        Raises:
            DataError: for a label that is no class.
        """
        if self.task.endswith("regression"):
            scaled = (labels.astype(np.float64) - self.mean) / self.deviation
            return torch.from_numpy(scaled.astype(np.float32))
        _checked(labels, self.task, self.classes)
        return torch.from_numpy(labels.astype(np.float32 if self.task == "multilabel" else np.int64))


@frozen(eq=False)
class Side:
    """m samples.

    Attributes:
        features: float ``[m, D]`` or ``[m, h, w, D]``, in memory or on the disk; NaN is missing.
        labels: of each, see `spacenit_core.kinds.benchmarks.Benchmark.labels`.
        target: what the labels mean.
        filling: what stands for a missing value, float ``[D]``.
    """

    features: np.ndarray | Rows
    labels: Labels
    target: Target
    filling: np.ndarray

    def __len__(self) -> int:
        return len(self.features)

    @property
    def numbers(self) -> int:
        """How many numbers a head gives for one sample."""
        pixels = math.prod(self.labels.shape[1:]) if self.target.task in DENSE else 1
        return self.target.classes * pixels

    def inputs(self, rows: np.ndarray) -> Tensor:
        """Features of some samples, float32."""
        taken = torch.from_numpy(np.asarray(self.features[rows], dtype=np.float32))
        return torch.where(taken.isfinite(), taken, torch.from_numpy(self.filling))

    def batch(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """Features and labels of some samples, as losses take them."""
        return self.inputs(rows), self.target.learnt(np.asarray(self.labels[rows]))

    def in_order(self, size: int) -> Iterator[np.ndarray]:
        """The numbers of the samples, `size` at a time."""
        yield from (np.arange(start, min(start + size, len(self))) for start in range(0, len(self), size))


def mean_of(features: np.ndarray | Rows) -> np.ndarray:
    """Mean of what is not missing, float32 ``[D]``; 0 where all is."""
    count, total = np.zeros(features.shape[-1]), np.zeros(features.shape[-1])
    for rows in _parts(features):
        part = rows.reshape(-1, features.shape[-1])
        known = np.isfinite(part)
        count += known.sum(axis=0)
        total += np.where(known, part, 0.0).sum(axis=0, dtype=np.float64)
    return (total / np.maximum(count, 1)).astype(np.float32)


def _parts(rows: np.ndarray | Rows) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), _ROWS):
        yield np.asarray(rows[np.arange(start, min(start + _ROWS, len(rows)))])


def _checked(labels: np.ndarray, task: Task, classes: int) -> np.ndarray:
    """Which labels count, bool.

    Raises:
        DataError: for a label that is no class.
    """
    if task == "multilabel":
        if labels.shape[1:] != (classes,):
            raise DataError(f"there are {classes} classes, and labels of shape {list(labels.shape)}")
        return np.ones(len(labels), dtype=bool)
    lowest = IGNORED if task == "segmentation" else 0
    if labels.size and (labels.min() < lowest or labels.max() >= classes):
        raise DataError(f"labels lie from {labels.min()} to {labels.max()}; there are {classes} classes, from 0")
    return labels != IGNORED
