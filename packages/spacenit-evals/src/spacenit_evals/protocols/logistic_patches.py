"""Logistic regression on the vectors of patches, of maps."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledPart, LabelledSplit, Prediction
from spacenit_core.kinds.tasks import IGNORED, Task
from spacenit_evals.protocols.balanced_penalty import BalancedPenalty
from spacenit_evals.protocols.logistic import LogisticProtocol
from spacenit_evals.protocols.on_vectors import LabelledVectors

BATCH = 64
"""Samples that are predicted at a time."""


@frozen(kw_only=True)
class LogisticPatches(BalancedPenalty):
    """Logistic regression on standardised features with class weights; a patch is of the class that most of it has.

    What is predicted for a patch holds for all its pixels. Pixels without label are not counted, and patches without
    any are not learnt from. C is fixed, or chosen as `logistic_balanced` chooses it, by patches.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("segmentation",)

    def build(self) -> "_OnPatches":
        """Make it."""
        return _OnPatches(self.regression())


class _OnPatches:
    def __init__(self, regression: LogisticProtocol) -> None:
        self.regression = regression

    @property
    def remark(self) -> str:
        """What was chosen in the last fit."""
        return self.regression.remark

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Iterator[Prediction]:
        """The class of each pixel, and how likely each class is, in parts of the test samples.

        Raises:
            UserError: where the training patches are of one class, or patches cannot be cut into pixels.
            DataError: for labels that are none.
        """
        train = _labelled(split.train, embedder, split.classes)
        validation = None
        if split.validation is not None and len(split.validation.labels):
            validation = _labelled(split.validation, embedder, split.classes)
        if len(np.unique(train.labels)) < 2:
            raise UserError("all training patches are of one class: nothing can be learnt", "choose another split")
        model = self.regression.fitted(train, validation)
        grid, shape = split.test.grid(embedder), split.test.labels.shape
        for start in range(0, shape[0], BATCH):
            vectors = np.asarray(grid[np.arange(start, min(start + BATCH, shape[0]))])
            rows, columns = _pixels(vectors.shape, shape)
            found = model(vectors.reshape(-1, vectors.shape[-1]))
            values = _painted(found.values.reshape(vectors.shape[:3]), rows, columns)
            scores = None
            if found.scores is not None:
                maps = np.moveaxis(found.scores.reshape(*vectors.shape[:3], -1), -1, 1)
                scores = _painted(maps, rows, columns)
            yield Prediction(values=values, scores=scores)


def _labelled(part: LabelledPart, embedder: Embedder, classes: int) -> LabelledVectors:
    """The patches that have labelled pixels."""
    grid, shape = part.grid(embedder), part.labels.shape
    vectors, labels, groups = [], [], []
    for start in range(0, shape[0], BATCH):
        numbers = np.arange(start, min(start + BATCH, shape[0]))
        here = np.asarray(grid[numbers])
        of_patches = majority(np.asarray(part.labels[numbers]), here.shape[1:3], classes)
        known = of_patches >= 0
        vectors.append(here[known])
        labels.append(of_patches[known])
        groups.append(np.broadcast_to(part.groups[numbers, None, None], known.shape)[known])
    return LabelledVectors(
        vectors=np.concatenate(vectors),
        labels=np.concatenate(labels),
        groups=np.concatenate(groups),
        task="classification",
        classes=classes,
    )


def majority(labels: np.ndarray, patches: tuple[int, ...], classes: int) -> np.ndarray:
    """The class of most labelled pixels of each patch, the lower of equals; -1 where none is labelled.

    Args:
        labels: int ``[n, H, W]``, -1 where a pixel has no label.
        patches: rows and columns, h and w.
        classes: how many there are.

    Returns:
        Int ``[n, h, w]``.

    Raises:
        UserError: where patches are no whole number of pixels.
        DataError: for labels that are no class.
    """
    if labels.size and not IGNORED <= labels.min() <= labels.max() < classes:
        raise DataError(
            f"there are labels from {labels.min()} to {labels.max()}, and the classes are 0 to {classes - 1}",
            "correct the labels of the benchmark",
        )
    rows, columns = _pixels((len(labels), *patches, 0), labels.shape)
    cut = labels.reshape(len(labels), patches[0], rows, patches[1], columns)
    counts = np.stack([(cut == label).sum(axis=(2, 4)) for label in range(classes)], axis=-1)
    return np.where(counts.any(axis=-1), counts.argmax(axis=-1), IGNORED)


def _pixels(grid: tuple[int, ...], labels: tuple[int, ...]) -> tuple[int, int]:
    """Labelled pixels along the sides of a patch, for a grid ``[n, h, w, D]`` and labels ``[n, H, W]``."""
    if labels[1] % grid[1] or labels[2] % grid[2]:
        raise UserError(
            f"{grid[1]} x {grid[2]} patches have no whole number of {labels[1]} x {labels[2]} labelled pixels",
            "choose another patch size",
        )
    return labels[1] // grid[1], labels[2] // grid[2]


def _painted(patches: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """From ``[..., h, w]`` to ``[..., H, W]``."""
    return patches.repeat(rows, axis=-2).repeat(columns, axis=-1)
