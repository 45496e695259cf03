"""The ground of protocols that see nothing but one frozen vector for each sample."""

from abc import ABC, abstractmethod

import numpy as np

from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledSplit


class OnVectors(ABC):
    """Fits on the pooled vectors of the training samples and predicts from those of the test samples."""

    def predict(self, embedder: Embedder, split: LabelledSplit) -> np.ndarray:
        """The labels of the test samples, int ``[m]``."""
        train, test = split.train, split.test
        labels = np.asarray(train.labels)
        return self.fit_predict(train.pooled(embedder), labels, test.pooled(embedder), train.groups)

    @abstractmethod
    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> np.ndarray:
        """Fit and predict.

        Args:
            train: float ``[n, D]``, vectors to learn from; NaN is a missing value.
            labels: int ``[n]``.
            test: float ``[m, D]``.
            groups: int ``[n]``, the group of each training sample; whatever is chosen by validation is chosen on whole
                groups.

        Returns:
            int ``[m]``, the predicted labels.
        """
