"""How often the intervals of scores that are no function of a confusion matrix hold the truth (docs/results.md).

    python benchmarks/jackknife_coverage.py [--repetitions 2000] [--seed 0]

Groups of 5 to 40 samples with a random effect of deviation 1. RMSE: errors of deviation 1 and the group's effect; the
second prediction's noise is half as large again. AUROC and micro F1 of three labels: members score 1 higher than the
others, and the group's effect moves all scores of a label in it; the second prediction's members are 0.5 nearer. The
truth is the score of 20,000 groups. Beside ours: the percentiles of resampled samples, as other harnesses have them.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from attrs import frozen

from spacenit_evals.scores.jackknife import GroupJackknife, Range
from spacenit_evals.scores.metrics.errors import root_mean_squared_error
from spacenit_evals.scores.metrics.multilabel import counts, micro_f1
from spacenit_evals.scores.metrics.rankings import Ranking

GROUPS = (5, 10, 20, 50)
LABELS = np.array([0.5, 0.3, 0.15])
NEARER, LARGER = 0.5, 1.5
RESAMPLES = 200

Statistic = Callable[[np.ndarray], float]


@frozen(eq=False)
class Case:
    """A test set with two predictions.

    Attributes:
        groups: int ``[n]``.
        scores: of either, from what each sample counts for.
    """

    groups: np.ndarray
    scores: tuple[Statistic, Statistic]


def errors(rng: np.random.Generator, number: int) -> Case:
    """RMSE."""
    group = _groups(rng, number)
    shared = rng.normal(size=number)[group]
    found = [shared + rng.normal(0, scale, len(group)) for scale in (1.0, LARGER)]
    first, second = ((lambda weight, error=error: _rmse(error, weight)) for error in found)
    return Case(group, (first, second))


def _rmse(error: np.ndarray, weight: np.ndarray) -> float:
    return root_mean_squared_error(np.array([weight.sum(), 0.0, weight @ error**2, 0.0, 0.0]))


def rankings(rng: np.random.Generator, number: int) -> Case:
    """Macro AUROC."""
    group, truth, scores = _labels(rng, number)
    ranked = [[Ranking.of(truth[:, label], one[:, label]) for label in range(len(LABELS))] for one in scores]
    first, second = (
        (lambda weight, one=one: float(np.nanmean([ranking.auroc(weight) for ranking in one]))) for one in ranked
    )
    return Case(group, (first, second))


def decisions(rng: np.random.Generator, number: int) -> Case:
    """Micro F1."""
    group, truth, scores = _labels(rng, number)
    first, second = ((lambda weight, said=one > 0.5: micro_f1(counts(truth, said, weight))) for one in scores)
    return Case(group, (first, second))


def _groups(rng: np.random.Generator, number: int) -> np.ndarray:
    return np.repeat(np.arange(number), rng.integers(5, 41, number))


def _labels(rng: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    while True:
        group = _groups(rng, number)
        truth = rng.random((len(group), len(LABELS))) < LABELS
        if truth.any(axis=0).all():
            break
    effect = rng.normal(size=(number, len(LABELS)))[group]
    scores = [apart * truth + effect + rng.normal(size=truth.shape) for apart in (1.0, 1.0 - NEARER)]
    return group, truth, scores


CASES: dict[str, tuple[Callable[[np.random.Generator, int], Case], Range]] = {
    "RMSE": (errors, "positive"),
    "macro AUROC": (rankings, "share"),
    "micro F1": (decisions, "share"),
}


def ours(case: Case, range_: Range) -> list[tuple[float, float]]:
    """The intervals that a report prints: of the first prediction, and of how much larger it is than the second."""
    jackknife, (first, second) = GroupJackknife(case.groups), case.scores
    found = [
        jackknife.interval(first, range_),
        jackknife.interval(lambda weight: first(weight) - second(weight), "any"),
    ]
    return [(one.low, one.high) for one in found if one.low is not None and one.high is not None]


def percentiles(case: Case, range_: Range) -> list[tuple[float, float]]:
    """The middle 95 % of sets of resampled samples, likewise."""
    number, (first, second) = len(case.groups), case.scores
    rng = np.random.default_rng(number)
    weights = rng.multinomial(number, np.full(number, 1 / number), RESAMPLES).astype(float)
    found = np.array([[first(weight), first(weight) - second(weight)] for weight in weights])
    return [tuple(np.quantile(values, (0.025, 0.975))) for values in found.T]


def coverage(
    name: str, method: Callable[[Case, Range], list[tuple[float, float]]], groups: int, repetitions: int, seed: int
) -> str:
    """Share of the intervals that hold the truth: of scores and of differences."""
    make, range_ = CASES[name]
    endless = make(np.random.default_rng((seed, 1)), 20_000)
    first, second = (score(np.ones(len(endless.groups))) for score in endless.scores)
    rng = np.random.default_rng((seed, groups))
    held = np.zeros(2)
    for _ in range(repetitions):
        ends = method(make(rng, groups), range_)
        held += [low <= true <= high for (low, high), true in zip(ends, (first, first - second), strict=True)]
    score, difference = held / repetitions
    return f"{score:.3f} / {difference:.3f}"


def table(repetitions: int, seed: int) -> Iterator[str]:
    """The lines of the table, as Markdown."""
    yield "| groups | " + " | ".join(f"{name} | resampled samples" for name in CASES) + " |"
    yield "|---|" + "---|---|" * len(CASES)
    for groups in GROUPS:
        cells = [
            coverage(name, method, groups, count, seed)
            for name in CASES
            for method, count in ((ours, repetitions), (percentiles, max(repetitions // 10, 1)))
        ]
        yield f"| {groups} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--repetitions", type=int, default=2000, help="test sets per cell; a tenth for resampled samples"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print("Share of 95 % intervals that hold the truth: score / paired difference")
    for line in table(arguments.repetitions, arguments.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
