"""The ground of protocols that see nothing but one frozen vector for each sample."""

from abc import ABC, abstractmethod

import numpy as np
from attrs import evolve, frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledPart, LabelledSplit, Prediction
from spacenit_core.kinds.tasks import DENSE, Task


@frozen(kw_only=True, eq=False)
class LabelledVectors:
    """n samples to learn from.

    Attributes:
        vectors: float ``[n, D]``; NaN is a missing value.
        labels: by task int ``[n]``, bool ``[n, K]`` or float ``[n]``.
        groups: int ``[n]``, the group of each; whatever is chosen by validation is chosen on whole groups.
        task: what is predicted.
        classes: K.
    """

    vectors: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    task: Task
    classes: int

    def take(self, chosen: np.ndarray) -> "LabelledVectors":
        """Some of them, by bool ``[n]``."""
        return evolve(self, vectors=self.vectors[chosen], labels=self.labels[chosen], groups=self.groups[chosen])

    def and_those_of(self, other: "LabelledVectors") -> "LabelledVectors":
        """These and others, whose groups are others too."""
        apart = self.groups.max(initial=-1) + 1 - other.groups.min(initial=0)
        return evolve(
            self,
            vectors=np.concatenate([self.vectors, other.vectors]),
            labels=np.concatenate([self.labels, other.labels]),
            groups=np.concatenate([self.groups, other.groups + apart]),
        )

    def targets(self) -> np.ndarray:
        """The labels as numbers to fit: bool ``[n, K]``, of a regression float ``[n, 1]``."""
        if self.task == "regression":
            return self.labels.astype(np.float64)[:, None]
        if self.task == "multilabel":
            return self.labels
        targets: np.ndarray = self.labels[:, None] == np.arange(self.classes)
        return targets


class OnVectors(ABC):
    """Fits on the pooled vectors of the training samples and predicts from those of the test samples."""

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Prediction:
        """What is predicted for the test samples.

        Raises:
            UserError: where the training samples are of one class, or the task is not one of samples.
            DataError: for labels that are none.
        """
        if split.task in DENSE:
            raise UserError(f"{split.task} asks for maps, and one vector stands for each sample", "choose linear_probe")
        train = _labelled(split.train, embedder, split)
        validation = None
        if split.validation is not None and len(split.validation.labels):
            validation = _labelled(split.validation, embedder, split)
        _check_several(train)
        return self.fit_predict(train, split.test.pooled(embedder), validation)

    @abstractmethod
    def fit_predict(
        self, train: LabelledVectors, test: np.ndarray, validation: LabelledVectors | None = None
    ) -> Prediction:
        """Fit and predict.

        Args:
            train: to learn from.
            test: float ``[m, D]``.
            validation: to choose settings by; None where those are chosen on the training groups.
        """


def _labelled(part: LabelledPart, embedder: Embedder, split: LabelledSplit) -> LabelledVectors:
    labels = np.asarray(part.labels)
    if split.task == "multilabel":
        classes = labels.shape[1]
    else:
        classes = split.classes or int(np.max(np.asarray(split.train.labels), initial=0)) + 1
    _check(labels, split.task, classes)
    return LabelledVectors(
        vectors=part.pooled(embedder), labels=labels, groups=part.groups, task=split.task, classes=classes
    )


def _check(labels: np.ndarray, task: Task, classes: int) -> None:
    """Refuse what would be counted as another class, or spread through all that is fitted."""
    hint = "leave such samples out of the benchmark, or correct their labels"
    if task == "classification" and labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise DataError(
            f"there are labels from {labels.min()} to {labels.max()}, and the classes are 0 to {classes - 1}", hint
        )
    if task == "regression" and not np.isfinite(labels).all():
        raise DataError(f"{int((~np.isfinite(labels)).sum())} of {len(labels)} samples have no number as label", hint)


def _check_several(train: LabelledVectors) -> None:
    if not len(train.labels):
        raise UserError("there are no training samples", "choose another split")
    if train.task == "classification" and len(np.unique(train.labels)) < 2:
        raise UserError(
            f"all {len(train.labels)} training samples are of class {train.labels[0]}: nothing can be learnt",
            "choose a split or a fraction that leaves several classes to train on",
        )
