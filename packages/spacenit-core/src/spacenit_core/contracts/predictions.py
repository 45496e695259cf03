"""What protocols predict, by task: see `spacenit_core.kinds.protocols.Prediction`."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from attrs import evolve

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.kinds.benchmarks import Labels
from spacenit_core.kinds.protocols import LabelledSplit, Predicted, Prediction
from spacenit_core.kinds.tasks import IGNORED, Task

_DUE = {
    "classification": "one label for each sample, int [{m}]",
    "multilabel": "for each sample whether it is of each class, bool [{m}, {classes}]",
    "regression": "one number for each sample, float [{m}]",
    "segmentation": "one label for each pixel of each sample, int {shape}",
    "pixel_regression": "one number for each pixel of each sample, float {shape}",
}
_TYPES = {
    "classification": "iu",
    "multilabel": "b",
    "regression": "f",
    "segmentation": "iu",
    "pixel_regression": "f",
}


def checked(predicted: Any, split: LabelledSplit, owner: Owner) -> Predicted:
    """What a protocol returned for a split, of which parts are checked when they come.

    Raises:
        PluginError: for something else than the task asks for.
    """
    labels, classes = split.test.labels, _classes(split)
    if isinstance(predicted, np.ndarray):
        return _checked_values(predicted, split, labels.shape, classes, owner)
    if isinstance(predicted, Prediction):
        return _checked_part(predicted, split, labels.shape, classes, owner)
    if isinstance(predicted, Iterator):
        return _checked_parts(predicted, split, labels, classes, owner)
    owner.breaks(_due(split.task, labels.shape, classes), f"returned {shown_type(predicted)}")


def _classes(split: LabelledSplit) -> int:
    """How many there are; where the split does not say, as many as the labels show."""
    if split.classes or split.task in ("segmentation", "pixel_regression", "regression"):
        return split.classes
    known = split.train.labels
    return int(known.shape[1]) if split.task == "multilabel" else int(np.max(np.asarray(known))) + 1


def _due(task: Task, shape: tuple[int, ...], classes: int) -> str:
    return "a protocol returns " + _DUE[task].format(m=shape[0], shape=list(shape), classes=classes)


def _checked_parts(
    parts: Iterator[Any], split: LabelledSplit, labels: Labels, classes: int, owner: Owner
) -> Iterator[Prediction]:
    count, due = 0, f"the parts of a prediction are Predictions, and together as many as the {len(labels)} samples"
    for part in parts:
        if not isinstance(part, Prediction):
            owner.breaks(due, f"yielded {shown_type(part)}")
        size = len(part.values) if np.ndim(part.values) else 0
        count += size
        if not size or count > len(labels):
            owner.breaks(due, f"yielded {count} of them, the last {shown_type(part.values)}")
        yield _checked_part(part, split, (size, *labels.shape[1:]), classes, owner)
    if count != len(labels):
        owner.breaks(due, f"yielded {count}")


def _checked_part(
    part: Prediction, split: LabelledSplit, shape: tuple[int, ...], classes: int, owner: Owner
) -> Prediction:
    values = _checked_values(part.values, split, shape, classes, owner)
    if part.scores is not None:
        size = (shape[0], classes, *shape[1:]) if split.task == "segmentation" else (shape[0], classes)
        is_whole = isinstance(part.scores, np.ndarray) and part.scores.dtype.kind == "f" and part.scores.shape == size
        if not is_whole:
            owner.breaks(f"scores are float {list(size)}", f"returned scores {shown_type(part.scores)}")
        if not np.isfinite(part.scores).all():
            owner.breaks("scores are finite", "returned scores that are not")
    return evolve(part, values=values)


def _checked_values(
    values: Any, split: LabelledSplit, shape: tuple[int, ...], classes: int, owner: Owner
) -> np.ndarray:
    task, due = split.task, _due(split.task, shape, classes)
    if not (isinstance(values, np.ndarray) and values.dtype.kind in _TYPES[task] and values.shape == shape):
        owner.breaks(due, f"returned {shown_type(values)}")
    if task == "classification":
        strange = np.setdiff1d(values, np.asarray(split.train.labels))
        if len(strange):
            owner.breaks("a protocol predicts labels that it learned from", f"returned the label {int(strange[0])}")
    if task == "segmentation" and values.size and not IGNORED < values.min() <= values.max() < classes:
        owner.breaks(f"classes are 0 to {classes - 1}", f"returned labels from {values.min()} to {values.max()}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        owner.breaks("predicted numbers are finite", "returned some that are not")
    found: np.ndarray = values
    return found
