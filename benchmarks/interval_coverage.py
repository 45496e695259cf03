"""How often the intervals of `spacenit-run evaluate` hold the truth (docs/results.md).

    python benchmarks/interval_coverage.py [--repetitions 2000] [--seed 0]

Blocks with a random effect of deviation 1 in the logit of being right, 5 to 40 points each; three classes, one of them
rare: `scattered` is 4 % of the points anywhere, `gathered` a quarter of the points of three blocks in ten (test sets
without it are drawn again, as a split without a class is). Of the paired differences the second prediction's logit is
0.5 lower, and either has an effect of its own of deviation 0.5 per block. Beside ours: the percentiles of resampled
blocks, the common way, in which a draw without a class is another metric.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from attrs import frozen

from spacenit_evals.scores.intervals import BlockIntervals
from spacenit_evals.scores.metrics.confusions import accuracy, balanced_accuracy, confusion

CLASSES = 3
LOGIT = np.array([1.0, 0.5, 0.0])
RARE_SHARE, RARE_BLOCKS, SHARE_THERE = 0.04, 0.3, 0.25
WORSE, OWN = 0.5, 0.5
METRICS = {"accuracy": accuracy, "balanced accuracy": balanced_accuracy}
BLOCKS = (5, 6, 7, 8, 10, 15, 20, 50)

Metric = Callable[[np.ndarray], np.ndarray]
Method = Callable[["Points", Metric], list[tuple[float, float]]]


@frozen(eq=False)
class Points:
    """Points with their blocks, and two predictions for them."""

    truth: np.ndarray
    blocks: np.ndarray
    first: np.ndarray
    second: np.ndarray


def draw(rng: np.random.Generator, blocks: int, gathered: bool) -> Points:
    """A test set in which every class occurs."""
    while True:
        block = np.repeat(np.arange(blocks), rng.integers(5, 41, blocks))
        chance = np.where(rng.random(blocks) < RARE_BLOCKS, SHARE_THERE, 0.0)[block] if gathered else RARE_SHARE
        truth = np.where(rng.random(len(block)) < chance, CLASSES - 1, rng.integers(CLASSES - 1, size=len(block)))
        if len(np.unique(truth)) == CLASSES:
            break
    shared = rng.normal(0.0, 1.0, blocks)
    predictions = []
    for lower in (0.0, WORSE):
        logit = LOGIT[truth] - lower + (shared + rng.normal(0.0, OWN, blocks))[block]
        right = rng.random(len(block)) < 1 / (1 + np.exp(-logit))
        predictions.append(np.where(right, truth, (truth + rng.integers(1, CLASSES, len(block))) % CLASSES))
    return Points(truth, block, *predictions)


def true_scores(metric: str, gathered: bool) -> tuple[float, float]:
    """What either prediction would score on endless blocks."""
    effect = np.linspace(-8.0, 8.0, 4001)
    density = np.exp(-(effect**2) / 2)
    deviation = np.hypot(1.0, OWN)
    recalls = [
        [float(np.average(1 / (1 + np.exp(-(logit - lower + deviation * effect))), weights=density)) for logit in LOGIT]
        for lower in (0.0, WORSE)
    ]
    rare = RARE_BLOCKS * SHARE_THERE if gathered else RARE_SHARE
    weights = [(1 - rare) / 2, (1 - rare) / 2, rare] if metric == "accuracy" else [1 / CLASSES] * CLASSES
    first, second = (float(np.dot(weights, recall)) for recall in recalls)
    return first, second


def ours(test: Points, metric: Metric) -> list[tuple[float, float]]:
    """The intervals that a report prints: of the first prediction, and of how much better it is than the second."""
    intervals = BlockIntervals(test.blocks, CLASSES)
    found = [
        intervals.score(test.truth, test.first, metric),
        intervals.difference(test.truth, test.first, test.second, metric),
    ]
    return [(one.low, one.high) for one in found if one.low is not None and one.high is not None]


def percentiles(test: Points, metric: Metric) -> list[tuple[float, float]]:
    """The middle 95 % of 500 sets of resampled blocks, likewise."""
    count = int(test.blocks.max()) + 1
    weights = np.random.default_rng(len(test.truth)).multinomial(count, np.full(count, 1 / count), 500)
    here = [test.blocks == block for block in range(count)]
    scores = []
    for predicted in (test.first, test.second):
        matrices = np.stack([confusion(test.truth[one], predicted[one], CLASSES) for one in here])
        scores.append(metric(np.tensordot(weights, matrices, axes=1)))
    ends = [np.quantile(drawn, (0.025, 0.975)) for drawn in (scores[0], scores[0] - scores[1])]
    return [(float(low), float(high)) for low, high in ends]


def coverage(
    method: Method, metric: str, gathered: bool, blocks: int, repetitions: int, seed: int = 0
) -> tuple[float, float]:
    """Share of the intervals that hold the truth: of scores and of differences."""
    rng = np.random.default_rng((seed, blocks, gathered))
    first, second = true_scores(metric, gathered)
    held = np.zeros(2)
    for _ in range(repetitions):
        ends = method(draw(rng, blocks, gathered), METRICS[metric])
        held += [low <= true <= high for (low, high), true in zip(ends, (first, first - second), strict=True)]
    score, difference = held / repetitions
    return float(score), float(difference)


def table(repetitions: int, seed: int) -> Iterator[str]:
    """The lines of the table, as Markdown."""
    cases = [("accuracy", False), ("balanced accuracy", False), ("balanced accuracy", True)]
    names = [f"{metric}, {'gathered' if gathered else 'scattered'}" for metric, gathered in cases]
    yield "| blocks | " + " | ".join(f"{name} | percentiles" for name in names) + " |"
    yield "|---|" + "---|---|" * len(names)
    for blocks in BLOCKS:
        cells = []
        for metric, gathered in cases:
            for method in (ours, percentiles):
                score, difference = coverage(method, metric, gathered, blocks, repetitions, seed)
                cells.append(f"{score:.3f} / {difference:.3f}")
        yield f"| {blocks} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=2000, help="test sets per cell of the table")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print("Share of 95 % intervals that hold the truth: score / paired difference")
    for line in table(arguments.repetitions, arguments.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
