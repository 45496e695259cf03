"""Samples that may be of several classes at once."""

import numpy as np

from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.intervals import Interval
from spacenit_evals.scores.jackknife import GroupJackknife
from spacenit_evals.scores.judges.classes import ranked_intervals
from spacenit_evals.scores.metrics.multilabel import class_f1, counts, macro_f1, micro_f1
from spacenit_evals.scores.metrics.rankings import Ranking


class LabelsJudge:
    """Any number of classes for each sample.

    Args:
        found: what was predicted.
        codes: the label codes of the classes.
    """

    primary = "micro F1"

    def __init__(self, found: Predictions, codes: tuple[int, ...]) -> None:
        self.found, self.codes = found, codes
        self.truth = np.asarray(found.truth).astype(bool)
        self.jackknife = GroupJackknife(found.block)

    def metrics(self, features: str) -> dict[str, Interval]:
        """F1, and where there are scores areas under curves."""
        scores = {
            "micro F1": self.jackknife.interval(lambda weight: micro_f1(self._counts(features, weight)), "share"),
            "macro F1": self.jackknife.interval(lambda weight: macro_f1(self._counts(features, weight)), "share"),
        }
        return scores | self._rankings(features)

    def gain(self, features: str, other: str) -> Interval:
        """Of micro F1."""
        return self.jackknife.interval(
            lambda weight: micro_f1(self._counts(features, weight)) - micro_f1(self._counts(other, weight)), "any"
        )

    def draws(self, features: str) -> tuple[float, ...]:
        """Micro F1 of each row of predictions."""
        ones = np.ones(len(self.truth))
        return tuple(micro_f1(_counted(self.truth, row, ones)) for row in self.found.predicted[features])

    def better(self, one: float, other: float) -> float:
        """By how much it is larger."""
        return one - other

    def recall(self, features: str) -> dict[int, float]:
        """F1 of each class; of one that neither occurs nor is said 0."""
        values = np.nan_to_num(class_f1(self._counts(features, np.ones(len(self.truth)))))
        return dict(zip(self.codes, map(float, values), strict=True))

    def confusion(self, features: str) -> None:
        """None: classes do not exclude each other."""

    def _counts(self, features: str, weight: np.ndarray) -> np.ndarray:
        """Right, wrong and missed, each sample with the mean over the draws that test it."""
        rows = self.found.predicted[features]
        often = np.maximum((rows[..., 0] >= 0).sum(axis=0), 1)
        return np.sum([_counted(self.truth, row, weight / often) for row in rows], axis=0)

    def _rankings(self, features: str) -> dict[str, Interval]:
        if features not in self.found.scores:
            return {}
        rankings, joint = [], []
        for row in self.found.scores[features]:
            tested = np.flatnonzero(np.isfinite(row).all(axis=1))
            truth = self.truth[tested]
            occurring = np.flatnonzero(truth.any(axis=0))
            rankings.append((tested, [Ranking.of(truth[:, label], row[tested, label]) for label in occurring]))
            joint.append((tested, Ranking.of(truth.reshape(-1), row[tested].reshape(-1))))

        def micro(weight: np.ndarray) -> float:
            found = [ranking.average_precision(weight[tested].repeat(len(self.codes))) for tested, ranking in joint]
            return float(np.mean(found))

        micro_precision = self.jackknife.interval(micro, "share")
        return ranked_intervals(rankings, self.found.block) | {"micro average precision": micro_precision}


def _counted(truth: np.ndarray, row: np.ndarray, weight: np.ndarray) -> np.ndarray:
    tested = row[:, 0] >= 0
    return counts(truth[tested], row[tested] > 0, weight[tested])
