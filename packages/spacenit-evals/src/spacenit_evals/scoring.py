"""Scores of protocols on features: with intervals, and with what other training blocks would give."""

from collections.abc import Callable, Mapping

import numpy as np
from attrs import field, frozen

from spacenit_core.contracts.build import build
from spacenit_core.kinds.benchmarks import Benchmark
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_evals.embeddings import Embeddings, parts_of
from spacenit_evals.intervals import BlockIntervals, Interval
from spacenit_evals.metrics import METRICS, confusion
from spacenit_evals.predictions import Predictions

PRIMARY = "balanced accuracy"
"""The metric of differences."""

PRETRAINED = "pretrained"
"""The name of the trained encoder among the features of a report."""


@frozen(kw_only=True)
class Score:
    """One protocol on one kind of features.

    Attributes:
        probe: the protocol's name.
        features: "pretrained" or the embedder's name.
        metrics: name -> score, the mean over the draws of the training blocks.
        gain: by how much the pretrained features are better (primary metric, paired); None for themselves.
        recall: label code -> share of the class's test points that were found.
        draws: primary metric of each draw of the training blocks.
        gain_draws: by how much the pretrained features are better in each draw; empty for themselves.
        remarks: what the protocol says about its fits, each once.
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
    protocol: ProtocolConfig,
    embedders: Mapping[str, Embedder],
    benchmark: Benchmark,
    embeddings: Embeddings,
    fitted: Callable[[], None],
) -> Predictions:
    """Let a protocol predict from all embedders in all splits.

    Args:
        protocol: the protocol.
        embedders: by name.
        benchmark: samples and splits.
        embeddings: vectors of the samples.
        fitted: called after each fit.
    """
    tested = tested_of(benchmark)
    predicted, remarks = {}, {}
    for name, embedder in embedders.items():
        rows = np.full((len(benchmark.draws), len(benchmark.labels)), -1, dtype=np.int64)
        found = []
        for row, draw in zip(rows, benchmark.draws, strict=True):
            for split in draw:
                built = build(protocol)
                row[split.test] = built.predict(embedder, parts_of(benchmark, embeddings, split))
                found.append(str(getattr(built, "remark", "")))
                fitted()
        predicted[name] = rows[:, tested]
        remarks[name] = tuple(dict.fromkeys(filter(None, found)))
    return Predictions(
        truth=benchmark.labels[tested],
        block=benchmark.groups[tested],
        predicted=predicted,
        remarks=remarks,
    )


def tested_of(benchmark: Benchmark) -> np.ndarray:
    """Which samples are tested by any draw, bool ``[n]``."""
    return np.any([split.test for draw in benchmark.draws for split in draw], axis=0)


def scores_of(name: str, found: Predictions, codes: tuple[int, ...], reference: str = PRETRAINED) -> list[Score]:
    """Scores of one protocol on all kinds of features.

    Args:
        name: the protocol's name.
        found: what it predicted.
        codes: the label codes of the classes.
        reference: the features that the others are compared with.
    """
    intervals = BlockIntervals(found.block, len(codes))
    best = found.predicted[reference]
    best_draws = _of_draws(found.truth, best, len(codes))
    scores = []
    for kind, predicted in found.predicted.items():
        draws, own = _of_draws(found.truth, predicted, len(codes)), kind == reference
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
