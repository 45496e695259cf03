"""What protocols predict in the splits of a benchmark, and its scores: with intervals, and what other draws give."""

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from attrs import evolve, field, frozen

from spacenit_core.contracts.build import build
from spacenit_core.kinds.benchmarks import Benchmark
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import Predicted, Prediction, ProtocolConfig
from spacenit_evals.chosen_labels import chosen_labels
from spacenit_evals.predicted_rows import PredictedRows
from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.intervals import Interval
from spacenit_evals.scores.judges.by_task import judge_of
from spacenit_evals.vectors.embeddings import Embeddings, parts_of

PRIMARY = "balanced accuracy"
"""The metric of differences of a classification."""

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
        recall: label code -> share of the class's test points that were found; of many labels F1.
        draws: primary metric of each draw of the training blocks.
        gain_draws: by how much the pretrained features are better in each draw; empty for themselves.
        remarks: what the protocol says about its fits, each once.
        confusion: who was taken for whom, rows are the truth; empty where classes do not exclude each other.
    """

    probe: str
    features: str
    metrics: dict[str, Interval]
    gain: Interval | None
    recall: dict[int, float]
    draws: tuple[float, ...] = ()
    gain_draws: tuple[float, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    confusion: tuple[tuple[float, ...], ...] = field(default=(), repr=False)


def predict(
    protocol: ProtocolConfig,
    embedders: Mapping[str, Embedder],
    benchmark: Benchmark,
    embeddings: Embeddings,
    fitted: Callable[[], None],
    told: Mapping[str, object] | None = None,
) -> Predictions:
    """Let a protocol predict from all embedders in all splits.

    Args:
        protocol: the protocol.
        embedders: by name.
        benchmark: samples and splits.
        embeddings: vectors of the samples.
        fitted: called after each fit.
        told: what is kept with the predictions.
    """
    facts, repeats = benchmark.facts, protocol.repeats()
    tested = np.flatnonzero(tested_of(benchmark))
    truth = chosen_labels(benchmark, tested)
    found = Predictions(
        truth=truth,
        block=benchmark.groups[tested],
        predicted={},
        task=facts.task,
        told={"classes": len(facts.classes), **(told or {})},
    )
    for name, embedder in embedders.items():
        rows = PredictedRows(facts.task, len(facts.classes), len(benchmark.draws) * len(repeats), truth)
        remarks, begun = [], time.perf_counter()
        for number, (draw, config) in enumerate((draw, config) for draw in benchmark.draws for config in repeats):
            for split in draw:
                built = build(config)
                predicted = built.predict(embedder, parts_of(benchmark, embeddings, split))
                rows.fill(number, np.searchsorted(tested, np.flatnonzero(split.test)), in_parts(predicted))
                remarks.append(str(getattr(built, "remark", "")))
                fitted()
        found = evolve(
            found,
            predicted=found.predicted | {name: rows.values},
            scores=found.scores | ({} if rows.scores is None else {name: rows.scores}),
            histograms=found.histograms | ({} if rows.histogram is None else {name: rows.histogram.counts}),
            seconds=found.seconds | {name: time.perf_counter() - begun},
            remarks=found.remarks | {name: tuple(dict.fromkeys(filter(None, remarks)))},
        )
    return found


def fits_of(protocols: Mapping[str, ProtocolConfig]) -> int:
    """How often protocols are fitted for each embedder and split."""
    return sum(len(config.repeats()) for config in protocols.values())


def in_parts(predicted: Predicted) -> Iterator[Prediction]:
    """What a protocol returned, as parts that follow one another."""
    if isinstance(predicted, np.ndarray):
        return iter([Prediction(values=predicted)])
    return iter([predicted]) if isinstance(predicted, Prediction) else predicted


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
    judge = judge_of(found, codes)
    best_draws = judge.draws(reference)
    scores = []
    for kind in found.predicted:
        draws, own, matrix = judge.draws(kind), kind == reference, judge.confusion(kind)
        scores.append(
            Score(
                probe=name,
                features=kind,
                metrics=judge.metrics(kind),
                gain=None if own else judge.gain(reference, kind),
                recall=judge.recall(kind),
                draws=draws,
                gain_draws=() if own else tuple(judge.better(*pair) for pair in zip(best_draws, draws, strict=True)),
                remarks=found.remarks.get(kind, ()),
                confusion=() if matrix is None else tuple(tuple(map(float, row)) for row in matrix),
            )
        )
    return scores
