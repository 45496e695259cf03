"""Differences of two evaluations on the same test, from what they kept: neither model runs again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.intervals import Interval
from spacenit_evals.scores.judges.by_task import judge_of

OURS, THEIRS = "ours", "theirs"


def paired_gain(ours: Predictions, theirs: Predictions, kind: str, against: str | None = None) -> Interval | None:
    """How much better one run's features are than another's in the primary metric; None where they share no test.

    Args:
        ours: what a protocol predicted from features of one run.
        theirs: what it predicted from those of the other.
        kind: of our features.
        against: of theirs; the same kind if None.
    """
    against = against or kind
    if kind not in ours.predicted or against not in theirs.predicted or why_unlike(ours, theirs):
        return None
    one, other = ours.predicted[kind], theirs.predicted[against]
    if one.shape != other.shape or not _same_tested(one, other):
        return None
    both = evolve(ours, predicted={OURS: one, THEIRS: other}, scores={}, histograms={})
    return judge_of(both, tuple(range(_classes(both)))).gain(OURS, THEIRS)


def why_unlike(ours: Predictions, theirs: Predictions) -> str:
    """Why two predictions cannot be compared sample by sample; empty where they can."""
    if ours.task != theirs.task:
        return f"one is {ours.task}, the other {theirs.task}"
    told = [name for name in ("benchmark", "version") if _unlike(ours.told, theirs.told, name)]
    if told:
        return " and ".join(f"{name} {ours.told[name]} is not {theirs.told[name]}" for name in told)
    if not np.array_equal(ours.block, theirs.block):
        return "they test other samples, or group them otherwise"
    return "" if _same_truth(ours, theirs) else "their samples have other labels"


def _unlike(ours: Mapping[str, Any], theirs: Mapping[str, Any], name: str) -> bool:
    return name in ours and name in theirs and ours[name] != theirs[name]


def _same_truth(ours: Predictions, theirs: Predictions) -> bool:
    if ours.truth.shape != theirs.truth.shape:
        return False
    step = max(2**20 // int(np.prod(ours.truth.shape[1:], initial=1)), 1)
    for start in range(0, len(ours.truth), step):
        numbers = np.arange(start, min(start + step, len(ours.truth)))
        if not np.array_equal(ours.truth[numbers], theirs.truth[numbers], equal_nan=ours.truth.dtype.kind == "f"):
            return False
    return True


def _same_tested(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the same draws test the same samples; of maps the first pixel says so."""
    first, second = (np.reshape(rows, (*rows.shape[:2], -1))[..., 0] for rows in (one, other))
    return np.array_equal(_tested(first), _tested(second))


def _tested(values: np.ndarray) -> np.ndarray:
    return np.isfinite(values) if values.dtype.kind == "f" else values >= 0


def _classes(found: Predictions) -> int:
    """How many classes truth and predictions know."""
    if "classes" in found.told:
        return int(found.told["classes"])
    if found.task == "multilabel":
        return int(found.truth.shape[1])
    return int(np.asarray(found.truth).max()) + 1 if found.task == "classification" else 1
