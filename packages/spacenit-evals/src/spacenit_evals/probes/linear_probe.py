"""Logistic regression on frozen features, its regularisation chosen on held-out blocks."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen
from threadpoolctl import threadpool_limits

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.probes import Probe, ProbeConfig
from spacenit_core.rng import generator
from spacenit_evals.metrics import balanced_accuracy, confusion
from spacenit_evals.probes.scaling import standardise


@frozen(kw_only=True)
class LinearProbe(ProbeConfig):
    """Multinomial logistic regression on standardised features.

    The penalty is chosen by balanced accuracy on parts of the TRAINING blocks that are left out in turn; the test
    points are never looked at.
    """

    strengths: tuple[float, ...] = setting(
        "inverse penalties C to choose from, ascending", (0.001, 0.01, 0.1, 1.0, 10.0)
    )
    folds: int = setting("parts of the training blocks that are left out in turn to choose C", 3, validator=at_least(2))
    max_iterations: int = setting("iterations of the solver at most", 2000, validator=at_least(1))
    seed: int = setting("seed of the folds", 0, validator=at_least(0))

    def build(self) -> Probe:
        """Make the probe."""
        return _LogisticRegression(self)


class _LogisticRegression:
    def __init__(self, config: LinearProbe) -> None:
        self.config = config

    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> np.ndarray:
        """Choose C, fit on all training points, predict. See `spacenit_core.kinds.probes.Probe`."""
        groups = np.arange(len(labels)) if groups is None else groups
        # The matrices are small: more threads gain nothing, and where cores are busy they wait for each other.
        with threadpool_limits(1):
            strength = self._best_strength(train, labels, groups)
            return self._predict(train, labels, test, strength)

    def _predict(self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, strength: float) -> np.ndarray:
        from sklearn.linear_model import LogisticRegression

        train, test = standardise(train, test)
        model = LogisticRegression(C=strength, max_iter=self.config.max_iterations, tol=1e-3)
        return model.fit(train, labels).predict(test)

    def _best_strength(self, train: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> float:
        """The C with the best mean score over the folds; of equals, the strongest penalty."""
        classes, place = np.unique(labels, return_inverse=True)
        place = place.reshape(-1)
        scores = np.zeros(len(self.config.strengths))
        for rest, held_out in self._folds(groups):
            if len(np.unique(place[rest])) < 2:
                continue
            for number, strength in enumerate(self.config.strengths):
                predicted = self._predict(train[rest], place[rest], train[held_out], strength)
                scores[number] += balanced_accuracy(confusion(place[held_out], predicted, len(classes)))
        return self.config.strengths[int(scores.argmax())]

    def _folds(self, groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        numbers = generator(self.config.seed, "probe folds").permutation(np.unique(groups))
        for part in np.array_split(numbers, min(self.config.folds, len(numbers))):
            held_out = np.isin(groups, part)
            if held_out.any() and not held_out.all():
                yield ~held_out, held_out
