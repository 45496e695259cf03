"""How good heads are on samples that were held out: what chooses among them and among their states."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from spacenit_core.kinds.tasks import IGNORED, Task


class Measure(ABC):
    """Sums over batches; memory does not grow with the samples.

    Attributes:
        name: of the measure, for people.
    """

    name: str

    @abstractmethod
    def add(self, outputs: Tensor, labels: Tensor) -> None:
        """Count a batch; shapes as in `losses`."""

    @abstractmethod
    def values(self) -> Tensor:
        """The larger, the better, float64 ``[R]``; NaN where nothing counted."""


def measure_of(task: Task, heads: int, classes: int) -> Measure:
    """Balanced accuracy, of maps the mean intersection over union, micro F1 of several labels, minus the RMSE."""
    if task == "multilabel":
        return _MicroF1(heads)
    if task in ("regression", "pixel_regression"):
        return _MinusError(heads)
    return _Confusion(heads, classes, of_maps=task == "segmentation")


class _Confusion(Measure):
    def __init__(self, heads: int, classes: int, *, of_maps: bool) -> None:
        self.name = "mean IoU" if of_maps else "balanced accuracy"
        self._of_maps, self._classes = of_maps, classes
        self._counts = torch.zeros(heads, classes, classes, dtype=torch.float64)

    def add(self, outputs: Tensor, labels: Tensor) -> None:
        known = labels != IGNORED
        truth = labels[known] * self._classes
        for counts, predicted in zip(self._counts, outputs.argmax(dim=2), strict=True):
            pairs = torch.bincount(truth + predicted[known], minlength=self._classes**2)
            counts += pairs.view(self._classes, self._classes)

    def values(self) -> Tensor:
        right = self._counts.diagonal(dim1=1, dim2=2)
        truth, predicted = self._counts.sum(dim=2), self._counts.sum(dim=1)
        whole = truth + predicted - right if self._of_maps else truth
        return (right / whole).nanmean(dim=1)


class _MicroF1(Measure):
    name = "micro F1"

    def __init__(self, heads: int) -> None:
        self._right, self._wrong = torch.zeros(2, heads, dtype=torch.float64)
        self._samples = 0

    def add(self, outputs: Tensor, labels: Tensor) -> None:
        predicted, truth = outputs > 0, labels > 0.5
        self._right += (predicted & truth).flatten(1).sum(dim=1)
        self._wrong += (predicted != truth).flatten(1).sum(dim=1)
        self._samples += len(labels)

    def values(self) -> Tensor:
        if not self._samples:
            return torch.full_like(self._right, torch.nan)
        whole = 2 * self._right + self._wrong
        return torch.where(whole > 0, 2 * self._right / whole.clamp(min=1), 1.0)


class _MinusError(Measure):
    name = "minus the RMSE, in deviations of the training labels"

    def __init__(self, heads: int) -> None:
        self._sum = torch.zeros(heads, dtype=torch.float64)
        self._count = 0

    def add(self, outputs: Tensor, labels: Tensor) -> None:
        known = labels.isfinite()
        self._sum += (outputs[:, :, 0][:, known] - labels[known]).double().square().sum(dim=1)
        self._count += int(known.sum())

    def values(self) -> Tensor:
        return -(self._sum / self._count).sqrt() if self._count else torch.full_like(self._sum, torch.nan)
