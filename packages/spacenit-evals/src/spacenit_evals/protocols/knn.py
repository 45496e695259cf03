"""Weighted k nearest neighbours by cosine similarity (Wu et al. 2018, arXiv:1805.01978)."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_evals.protocols.on_vectors import OnVectors
from spacenit_evals.protocols.scaling import fill_missing, standardise

_CHUNK = 2000


@frozen(kw_only=True)
class KNN(ProtocolConfig):
    """Each of the k most similar training points votes with weight exp(similarity / temperature).

    Published tables of encoders compare the vectors as they are (`standardise=False`). That is no fair comparison with
    raw pixels, whose bands differ in mean and spread, so the default puts all features on one scale first.
    """

    k: int = setting("number of neighbours that vote", 20, validator=at_least(1))
    temperature: float = setting("how fast a vote fades with dissimilarity", 0.07, validator=above(0))
    standardise: bool = setting("whether features get mean 0 and deviation 1, by the training points, first", True)

    def build(self) -> OnVectors:
        """Make it."""
        return _NearestNeighbours(self)


class _NearestNeighbours(OnVectors):
    def __init__(self, config: KNN) -> None:
        self.config = config

    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> np.ndarray:
        """Vote; nothing is fitted, so that `groups` does not matter."""
        prepare = standardise if self.config.standardise else fill_missing
        train, test = (_unit_length(part) for part in prepare(train, test))
        classes, label = np.unique(labels, return_inverse=True)
        chunks = (test[start : start + _CHUNK] for start in range(0, len(test), _CHUNK))
        votes = [self._votes(chunk @ train.T, label.reshape(-1), len(classes)) for chunk in chunks]
        return classes[np.concatenate(votes).argmax(axis=1)] if votes else classes[:0]

    def _votes(self, similarity: np.ndarray, label: np.ndarray, classes: int) -> np.ndarray:
        """Weight of each class for each row, ``[m, classes]``."""
        k = min(self.config.k, similarity.shape[1])
        nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
        near = np.take_along_axis(similarity, nearest, axis=1)
        # Only the votes' ratios count; beside the nearest point's, none overflows at any temperature.
        weight = np.exp((near - near.max(axis=1, keepdims=True)) / self.config.temperature)
        votes = np.zeros((len(similarity), classes))
        np.add.at(votes, (np.arange(len(similarity))[:, None], label[nearest]), weight)
        return votes


def _unit_length(features: np.ndarray) -> np.ndarray:
    features = features.astype(np.float64)
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-8)
