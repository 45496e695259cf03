"""Weighted k nearest neighbours (Wu et al. 2018, arXiv:1805.01978)."""

from typing import ClassVar, Literal

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import above, at_least, one_of, setting
from spacenit_core.kinds.protocols import Prediction, ProtocolConfig
from spacenit_core.kinds.tasks import Task
from spacenit_evals.protocols.neighbours import Metric, Neighbours, NeighbourSearch
from spacenit_evals.protocols.on_vectors import LabelledVectors, OnVectors
from spacenit_evals.protocols.scaling import fill_missing, standardise


@frozen(kw_only=True)
class KNN(ProtocolConfig):
    """Each of the k most similar training points votes with weight exp(similarity / temperature).

    Published tables of encoders compare the vectors as they are (`knn_20`, `knn_200`, `knn_5`). That is no fair
    comparison with raw pixels, whose bands differ in mean and spread, so the default puts all features on one scale
    first.

    Scores are the shares of the votes; a number is the mean of the neighbours' by their weights. Of classes with
    equally many votes the first is taken; of several labels those that more than half of the votes have.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "multilabel", "regression")

    k: int = setting("number of neighbours that vote", 20, validator=at_least(1))
    metric: Metric = setting("what near means", "cosine", validator=one_of(("cosine", "euclidean")))
    weights: Literal["similarity", "uniform"] = setting(
        "whether a vote counts by similarity (cosine alone), or all count the same",
        "similarity",
        validator=one_of(("similarity", "uniform")),
    )
    temperature: float = setting("how fast a vote fades with dissimilarity", 0.07, validator=above(0))
    standardise: bool = setting("whether features get mean 0 and deviation 1, by the training points, first", True)

    def __attrs_post_init__(self) -> None:
        if self.metric == "euclidean" and self.weights == "similarity":
            raise ValueError("metric=euclidean: votes by similarity are those of the cosine; set weights=uniform")

    def inactive(self) -> dict[str, str]:
        """The temperature, where all votes count the same."""
        return {"temperature": "weights=uniform"} if self.weights == "uniform" else {}

    def build(self) -> OnVectors:
        """Make it."""
        return _NearestNeighbours(self)


class _NearestNeighbours(OnVectors):
    def __init__(self, config: KNN) -> None:
        self.config = config

    def fit_predict(
        self, train: LabelledVectors, test: np.ndarray, validation: LabelledVectors | None = None
    ) -> Prediction:
        """Vote; nothing is chosen, so that `validation` does not matter."""
        prepare = standardise if self.config.standardise else fill_missing
        vectors, test = prepare(train.vectors, test)
        search = NeighbourSearch(vectors, min(self.config.k, len(vectors)), self.config.metric)
        targets = train.targets()
        votes = np.zeros((len(test), targets.shape[1]))
        for start in range(0, len(test), search.rows):
            rows = slice(start, start + search.rows)
            votes[rows] = self._votes(search, test[rows], targets, train.task)
        if train.task == "regression":
            return Prediction(values=votes[:, 0])
        values = votes > 0.5 if train.task == "multilabel" else votes.argmax(axis=1)
        return Prediction(values=values, scores=votes.astype(np.float32))

    def _votes(self, search: NeighbourSearch, queries: np.ndarray, targets: np.ndarray, task: Task) -> np.ndarray:
        found = search.quickly(queries)
        votes = self._shares(found, targets)
        in_doubt = found.in_doubt
        if self.config.weights == "similarity" and task != "regression":
            # A weight is off by this share of itself, at most.
            off = np.expm1(np.minimum(2 * search.rounding(queries) / self.config.temperature, 1.0))
            in_doubt = in_doubt | (_margins(votes, task) <= 2 * off)
        if in_doubt.any():
            votes[in_doubt] = self._shares(search.exactly(queries[in_doubt]), targets)
        return votes

    def _shares(self, found: Neighbours, targets: np.ndarray) -> np.ndarray:
        """The mean of the neighbours' targets by their weights, ``[m, K]``."""
        weight: np.ndarray = np.ones_like(found.similarity)
        if self.config.weights == "similarity":
            # Only the votes' ratios count; beside the nearest point's, none overflows at any temperature.
            nearest = found.similarity.max(axis=1, keepdims=True)
            weight = np.exp((found.similarity - nearest) / self.config.temperature)
        votes = np.zeros((len(weight), targets.shape[1]))
        for place in range(weight.shape[1]):
            votes += weight[:, place, None] * targets[found.index[:, place]]
        shares: np.ndarray = votes / weight.sum(axis=1, keepdims=True)
        return shares


def _margins(votes: np.ndarray, task: Task) -> np.ndarray:
    """How far each row of votes is from another decision."""
    if task == "multilabel":
        nearest: np.ndarray = np.abs(votes - 0.5).min(axis=1)
        return nearest
    if votes.shape[1] < 2:
        return np.ones(len(votes))
    first = np.partition(votes, -2, axis=1)
    return np.asarray(first[:, -1] - first[:, -2])
