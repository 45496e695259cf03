"""Labels of some of a benchmark's samples."""

from typing import Any

import numpy as np

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import Benchmark, Labels
from spacenit_core.kinds.tasks import DENSE, IGNORED


def chosen_labels(benchmark: Benchmark, numbers: np.ndarray) -> Labels:
    """The labels of some samples.

    Args:
        benchmark: whose.
        numbers: int ``[m]``, places among its labels.
    """
    facts, labels = benchmark.facts, benchmark.labels
    if facts.task in DENSE:
        return ChosenMaps(labels, numbers, len(facts.classes) if facts.task == "segmentation" else 0)
    return labels[numbers]


class ChosenMaps:
    """Labels of some samples, checked when they are read; implements `spacenit_core.kinds.benchmarks.Rows`.

    Args:
        labels: of all samples.
        chosen: int ``[m]``, which.
        classes: how many classes there are; 0 where labels are numbers.
    """

    def __init__(self, labels: Labels, chosen: np.ndarray, classes: int) -> None:
        self._labels, self._chosen, self._classes = labels, chosen, classes

    @property
    def shape(self) -> tuple[int, ...]:
        """``(m, H, W)``."""
        return (len(self._chosen), *self._labels.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the labels."""
        return np.dtype(self._labels.dtype)

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        """The maps of some of them, ``[k, H, W]``.

        Raises:
            DataError: for a label that is no class.
        """
        maps = self._labels[self._chosen[numbers]]
        if self._classes and maps.size and not IGNORED <= maps.min() <= maps.max() < self._classes:
            raise DataError(
                f"a map of labels has values from {maps.min()} to {maps.max()}, and the classes are 0 to "
                f"{self._classes - 1}",
                f"copy the labels again; {IGNORED} marks pixels that do not count",
            )
        return maps
