"""Scores of probes on features: with intervals, and with what other training blocks would give."""

from collections.abc import Callable, Mapping

import numpy as np
from attrs import field, frozen

from spacenit_core.contracts.build import build
from spacenit_core.kinds.probes import ProbeConfig
from spacenit_evals.intervals import BlockIntervals, Interval
from spacenit_evals.metrics import METRICS, confusion
from spacenit_evals.predictions import Predictions
from spacenit_evals.task import Task

PRIMARY = "balanced accuracy"
"""The metric of differences."""

PRETRAINED = "pretrained"
"""The name of the trained encoder among the features of a report."""


@frozen(kw_only=True)
class Score:
    """One probe on one kind of features.

    Attributes:
        probe: the probe's name.
        features: "pretrained" or the baseline's name.
        metrics: name -> score, the mean over the draws of the training blocks.
        gain: by how much the pretrained features are better (primary metric, paired); None for themselves.
        recall: label code -> share of the class's test points that were found.
        draws: primary metric of each draw of the training blocks.
        gain_draws: by how much the pretrained features are better in each draw; empty for themselves.
        remarks: what the probe says about its fits, each once.
    """

    probe: str
    features: str
    metrics: dict[str, Interval]
    gain: Interval | None
    recall: dict[int, float]
    draws: tuple[float, ...] = ()
    gain_draws: tuple[float, ...] = ()
    remarks: tuple[str, ...] = field(default=())


def predict(
    probe: ProbeConfig, features: Mapping[str, np.ndarray], task: Task, fitted: Callable[[], None]
) -> Predictions:
    """Fit a probe on all kinds of features in all splits.

    Args:
        probe: the probe.
        features: kind -> float ``[n, F]``, of all points of the task.
        task: points and splits.
        fitted: called after each fit.
    """
    tested = task.tested
    predicted, remarks = {}, {}
    for kind, vectors in features.items():
        rows = np.full((len(task.draws), len(task.points)), -1, dtype=np.int64)
        said = []
        for row, draw in zip(rows, task.draws, strict=True):
            for split in draw:
                built = build(probe)
                labels, blocks = task.points.label[split.train], task.blocks[split.train]
                row[split.test] = built.fit_predict(vectors[split.train], labels, vectors[split.test], blocks)
                said.append(str(getattr(built, "remark", "")))
                fitted()
        predicted[kind] = rows[:, tested]
        remarks[kind] = tuple(dict.fromkeys(filter(None, said)))
    return Predictions(
        truth=task.points.label[tested],
        block=task.blocks[tested],
        predicted=predicted,
        remarks=remarks,
    )


def scores_of(name: str, found: Predictions, codes: tuple[int, ...]) -> list[Score]:
    """Scores of one probe on all kinds of features.

    Args:
        name: the probe's name.
        found: what it predicted.
        codes: the label codes of the classes.
    """
    intervals = BlockIntervals(found.block, len(codes))
    best = found.predicted[PRETRAINED]
    best_draws = _of_draws(found.truth, best, len(codes))
    scores = []
    for kind, predicted in found.predicted.items():
        draws, own = _of_draws(found.truth, predicted, len(codes)), kind == PRETRAINED
        recall = [_share_found(found.truth == label, found.truth, predicted) for label in range(len(codes))]
        scores.append(
            Score(
                probe=name,
                features=kind,
                metrics={metric: intervals.score(found.truth, predicted, of) for metric, of in METRICS.items()},
                gain=None if own else intervals.difference(found.truth, best, predicted, METRICS[PRIMARY]),
                recall=dict(zip(codes, recall, strict=True)),
                draws=draws,
                gain_draws=() if own else tuple(ours - theirs for ours, theirs in zip(best_draws, draws, strict=True)),
                remarks=found.remarks.get(kind, ()),
            )
        )
    return scores


def _of_draws(truth: np.ndarray, predicted: np.ndarray, classes: int) -> tuple[float, ...]:
    pairs = ((truth[row >= 0], row[row >= 0]) for row in predicted)
    return tuple(float(METRICS[PRIMARY](confusion(*pair, classes))) for pair in pairs)


def _share_found(here: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> float:
    """The share of some points that is predicted rightly; each counts once, with the mean over its draws."""
    tested = predicted[:, here] >= 0
    right = predicted[:, here] == truth[here]
    return float((right.sum(axis=0) / np.maximum(tested.sum(axis=0), 1)).mean()) if here.any() else 0.0
