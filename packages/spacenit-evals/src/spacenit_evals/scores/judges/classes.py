"""Classes, of samples or of pixels."""

from functools import cached_property

import numpy as np

from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.intervals import BlockIntervals, Interval
from spacenit_evals.scores.jackknife import GroupJackknife
from spacenit_evals.scores.metrics.confusions import MAP_METRICS, METRICS
from spacenit_evals.scores.metrics.rankings import Ranking, ScoreHistogram
from spacenit_evals.scores.pairs import Pairs


class ClassJudge:
    """One class for each point.

    Args:
        found: what was predicted.
        codes: the label codes of the classes.
    """

    primaries = ("balanced accuracy", "mean IoU")
    """Of samples, and of pixels."""

    def __init__(self, found: Predictions, codes: tuple[int, ...]) -> None:
        self.found, self.codes = found, codes
        are_maps = found.task == "segmentation"
        self.of = MAP_METRICS if are_maps else METRICS
        self.primary = self.primaries[are_maps]
        self._matrices: dict[str, np.ndarray] = {}

    @cached_property
    def intervals(self) -> BlockIntervals:
        """Of the test samples."""
        return BlockIntervals(self.found.block, len(self.codes))

    def metrics(self, features: str) -> dict[str, Interval]:
        """From the confusion matrix, and where there are scores from the ranking of the samples."""
        found = self.found
        scores = {
            name: self.intervals.score(found.truth, found.predicted[features], metric)
            for name, metric in self.of.items()
        }
        return scores | self._rankings(features)

    def gain(self, features: str, other: str) -> Interval:
        """Of the primary score."""
        first, second = (self.found.predicted[name] for name in (features, other))
        return self.intervals.difference(self.found.truth, first, second, self.of[self.primary])

    def draws(self, features: str) -> tuple[float, ...]:
        """Of each row of predictions."""
        rows = self.found.predicted[features]
        classes = len(self.codes)
        return tuple(float(self.of[self.primary](Pairs(self.found.truth, row).matrix(classes))) for row in rows)

    def better(self, one: float, other: float) -> float:
        """By how much it is larger."""
        return one - other

    def recall(self, features: str) -> dict[int, float]:
        """The share of each class's points that was found; each counts once, with the mean over its draws."""
        matrix = self.confusion(features)
        shares = np.diagonal(matrix) / np.maximum(matrix.sum(axis=1), np.finfo(float).tiny)
        return dict(zip(self.codes, map(float, shares), strict=True))

    def confusion(self, features: str) -> np.ndarray:
        """Every point counts once, with the mean over its draws."""
        if features not in self._matrices:
            self._matrices[features] = Pairs(self.found.truth, self.found.predicted[features]).matrix(len(self.codes))
        return self._matrices[features]

    def _rankings(self, features: str) -> dict[str, Interval]:
        """Means over the classes that occur: AUROC of one against the rest, average precision."""
        if features in self.found.histograms:
            return _of_histograms(self.found.histograms[features])
        if features not in self.found.scores:
            return {}
        rows, truth = self.found.scores[features], np.asarray(self.found.truth)
        rankings = []
        for row in rows:
            tested = np.flatnonzero(np.isfinite(row).all(axis=1))
            occurring = [label for label in range(len(self.codes)) if (truth[tested] == label).any()]
            rankings.append((tested, [Ranking.of(truth[tested] == label, row[tested, label]) for label in occurring]))
        return ranked_intervals(rankings, self.found.block)


def ranked_intervals(rankings: list[tuple[np.ndarray, list[Ranking]]], groups: np.ndarray) -> dict[str, Interval]:
    """AUROC and average precision, means over classes and rows of predictions.

    Args:
        rankings: for each row the tested samples, int ``[m]``, and how they are ranked for each class.
        groups: int ``[n]``, the group of each sample.
    """
    jackknife = GroupJackknife(groups)

    def auroc(weight: np.ndarray) -> float:
        return _mean([ranking.auroc(weight[tested]) for tested, found in rankings for ranking in found])

    def precision(weight: np.ndarray) -> float:
        return _mean([ranking.average_precision(weight[tested]) for tested, found in rankings for ranking in found])

    return {
        "macro AUROC": jackknife.interval(auroc, "share"),
        "macro average precision": jackknife.interval(precision, "share"),
    }


def _of_histograms(counts: np.ndarray) -> dict[str, Interval]:
    histogram = ScoreHistogram.of(counts)
    found = {"macro AUROC": histogram.auroc(), "macro average precision": histogram.average_precision()}
    return {
        name: Interval(value, None, None, f"from a histogram of {histogram.bins} bins, +-{error:.1g}")
        for name, (value, error) in found.items()
    }


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
