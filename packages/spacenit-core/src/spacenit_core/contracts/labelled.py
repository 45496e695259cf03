"""Whether labels can be learned from and tested, before anything is computed: values, and classes of each side."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from spacenit_core.contracts.owner import Owner
from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import Benchmark, Labels
from spacenit_core.kinds.tasks import DENSE, IGNORED
from spacenit_core.text import listed

_BATCH = 64
"""Label maps that are held at a time."""

_HINT = "`spacenit-run evals check NAME` looks at all labels; mend them, or divide the samples otherwise"


def check_labels(benchmark: Benchmark, owner: Owner) -> None:
    """Refuse labels that are none, and splits of which nothing can be learned or tested.

    Args:
        benchmark: one whose labels and masks have the right form.
        owner: whose it is.

    Raises:
        DataError: for a label that is no class or no number, and for a split whose training samples are all of one
            class (or have one number), or of which a side has no label at all.
    """
    facts = benchmark.facts
    if facts.task in DENSE:
        parts = [_of_maps(maps, benchmark, owner) for maps in _batches(benchmark.labels)]
        known = np.concatenate(parts)
    else:
        known = _of_samples(np.asarray(benchmark.labels), benchmark)
    for split in (split for draw in benchmark.draws for split in draw):
        sides = {"train": split.train, "test": split.test, "validation": split.validation}
        for name, side in sides.items():
            if side is not None and np.isnan(known[side]).all():
                raise DataError(f"{owner.text} has a split with no label on the side {name}", _HINT)
        _check_learnable(known[split.train], benchmark, owner)


def _check_learnable(known: np.ndarray, benchmark: Benchmark, owner: Owner) -> None:
    """Whether what is trained on differs: lowest and highest of each sample, or which classes it holds."""
    facts = benchmark.facts
    if facts.task.endswith("regression"):
        low, high = np.nanmin(known), np.nanmax(known)
        if low == high:
            raise DataError(f"{owner.text} has a split that trains on one number alone, {low:g}", _HINT)
        return
    held = np.nansum(known, axis=0) > 0
    if facts.task == "multilabel":
        if not held.any():
            raise DataError(f"{owner.text} has a split whose training samples are of no class", _HINT)
    elif held.sum() < 2:
        names = listed([name for name, one in zip(facts.classes, held, strict=True) if one])
        raise DataError(f"{owner.text} has a split that trains on one class alone, {names}", _HINT)


def _batches(labels: Labels) -> Iterator[np.ndarray]:
    for start in range(0, len(labels), _BATCH):
        yield np.asarray(labels[np.arange(start, min(start + _BATCH, len(labels)))])


def _of_samples(labels: np.ndarray, benchmark: Benchmark) -> np.ndarray:
    """One row per sample: 1 for each class that it is of ``[n, K]``, or its number ``[n, 1]``."""
    task, classes = benchmark.facts.task, len(benchmark.facts.classes)
    if task == "multilabel":
        return labels.astype(np.float64)
    if task == "regression":
        return labels.astype(np.float64)[:, None]
    return (labels[:, None] == np.arange(classes)).astype(np.float64)


def _of_maps(maps: np.ndarray, benchmark: Benchmark, owner: Owner) -> np.ndarray:
    """One row per map: 1 for each class in it ``[n, K]``, or its lowest and highest number ``[n, 2]``; NaN for none."""
    flat: Any = maps.reshape(len(maps), -1)
    facts = benchmark.facts
    if facts.task == "pixel_regression":
        if np.isinf(flat).any():
            raise DataError(f"{owner.text} has a map of labels with infinite numbers", "NaN marks what does not count")
        some = np.isfinite(flat)
        ends = [np.where(some, flat, np.inf).min(axis=1), np.where(some, flat, -np.inf).max(axis=1)]
        return np.where(some.any(axis=1)[:, None], np.stack(ends, axis=1), np.nan)
    classes = len(facts.classes)
    if flat.size and not IGNORED <= flat.min() <= flat.max() < classes:
        raise DataError(
            f"{owner.text} has a map of labels from {flat.min()} to {flat.max()}, and the classes are 0 to "
            f"{classes - 1}",
            f"copy the labels again; {IGNORED} marks pixels that do not count",
        )
    rows = np.arange(len(flat))[:, None] * (classes + 1)
    counts = np.bincount((flat.astype(np.int64) + 1 + rows).reshape(-1), minlength=len(flat) * (classes + 1))
    held: Any = counts.reshape(len(flat), classes + 1)[:, 1:] > 0
    return np.where(held.any(axis=1)[:, None], held.astype(np.float64), np.nan)
