"""Protocols on vectors that are at hand, without an embedder."""

from typing import Any, cast

import numpy as np
from attrs import frozen

from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import EmbeddedPart, LabelledSplit, Prediction, ProtocolConfig
from spacenit_core.kinds.tasks import Task

NO_EMBEDDER = cast(Embedder, None)


@frozen(kw_only=True, eq=False)
class GridPart:
    """A side of a split into maps, whose vectors of patches are at hand."""

    labels: Any
    vectors: np.ndarray

    @property
    def groups(self) -> np.ndarray:
        return np.arange(len(self.labels))

    def grid(self, embedder: Embedder) -> np.ndarray:
        return self.vectors


def part(vectors: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None) -> EmbeddedPart:
    """One side of a split; each sample is a group of its own where nothing else is said."""
    return EmbeddedPart(labels=labels, groups=np.arange(len(labels)) if groups is None else groups, vectors=vectors)


def fitted(
    config: ProtocolConfig,
    train: EmbeddedPart,
    test: np.ndarray,
    *,
    task: Task = "classification",
    classes: int = 0,
    validation: EmbeddedPart | None = None,
) -> Prediction:
    """What a protocol predicts for vectors."""
    unknown = np.zeros((len(test), *train.labels.shape[1:]), dtype=train.labels.dtype)
    split = LabelledSplit(train=train, test=part(test, unknown), validation=validation, task=task, classes=classes)
    found = config.build().predict(NO_EMBEDDER, split)
    if isinstance(found, np.ndarray):
        return Prediction(values=found)
    assert isinstance(found, Prediction)
    return found


def predicted(
    config: ProtocolConfig,
    train: np.ndarray,
    labels: np.ndarray,
    test: np.ndarray,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """The classes that a protocol predicts for vectors, int ``[m]``."""
    return fitted(config, part(train, labels, groups), test).values
