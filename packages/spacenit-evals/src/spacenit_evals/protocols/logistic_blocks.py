"""Logistic regression on frozen features, its regularisation chosen on held-out blocks."""

from collections.abc import Iterable, Iterator

import numpy as np
from attrs import frozen, validators
from threadpoolctl import threadpool_limits

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledSplit, ProtocolConfig
from spacenit_core.rng import generator
from spacenit_evals.protocols.scaling import standardise
from spacenit_evals.scores.metrics.confusions import balanced_accuracy, confusion


@frozen(kw_only=True)
class LogisticBlocks(ProtocolConfig):
    """Multinomial logistic regression on standardised features, in which every class weighs the same.

    The penalty is chosen on the TRAINING blocks: they are left out in turn (one by one where they are few), and the C
    whose predictions for all of them together have the best balanced accuracy is taken; where a benchmark has
    validation samples, the C that is best for those. The test points are never looked at. Where all training points lie
    in one block, points are left out in the place of blocks, and the report says so.
    """

    strengths: tuple[float, ...] = setting(
        "inverse penalties C to choose from",
        (0.001, 0.01, 0.1, 1.0, 10.0, 100.0),
        validator=validators.and_(validators.min_len(1), validators.deep_iterable(above(0))),
    )
    folds: int = setting(
        "parts of the training blocks that are left out in turn to choose C, at most", 10, validator=at_least(2)
    )
    balanced: bool = setting("whether every class weighs the same, as in balanced accuracy; else every point", True)
    max_iterations: int = setting("iterations of the solver at most", 2000, validator=at_least(1))
    seed: int = setting("seed of the folds", 0, validator=at_least(0))

    def build(self) -> "_LogisticRegression":
        """Make it."""
        return _LogisticRegression(self)


class _LogisticRegression:
    def __init__(self, config: LogisticBlocks) -> None:
        self.config = config
        self.strengths = sorted(config.strengths)
        self.remark = ""

    def predict(self, embedder: Embedder, split: LabelledSplit) -> np.ndarray:
        """Choose C by the validation samples, where there are some; fit on the training samples, predict."""
        train, held_out = split.train, split.validation
        if held_out is None or not len(held_out.labels):
            vectors, test = train.pooled(embedder), split.test.pooled(embedder)
            return self.fit_predict(vectors, np.asarray(train.labels), test, train.groups)
        vectors = np.concatenate([train.pooled(embedder), held_out.pooled(embedder)])
        labels = np.concatenate([train.labels, held_out.labels])
        trained = np.arange(len(labels)) < len(train.labels)
        with threadpool_limits(1):
            strength = self._best_for(vectors, labels, [(trained, ~trained)])
            self.remark = f"C = {strength:g}, chosen on validation samples"
            test = split.test.pooled(embedder)
            return next(self._predictions(vectors[trained], labels[trained], test, [strength]))

    def fit_predict(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, groups: np.ndarray | None = None
    ) -> np.ndarray:
        """Choose C, fit on all training points, predict."""
        one_block = groups is not None and len(np.unique(groups)) < 2
        left_out = np.arange(len(labels)) if groups is None or one_block else groups
        # The matrices are small: more threads gain nothing, and where cores are busy they wait for each other.
        with threadpool_limits(1):
            strength = self._best_strength(train, labels, left_out)
            self.remark = f"C = {strength:g}"
            if one_block:
                self.remark += ", chosen on points of the only training block, which are alike"
            return next(self._predictions(train, labels, test, [strength]))

    def _predictions(
        self, train: np.ndarray, labels: np.ndarray, test: np.ndarray, strengths: list[float]
    ) -> Iterator[np.ndarray]:
        """The predictions with each C, ascending; each fit goes on from the one before."""
        from sklearn.linear_model import LogisticRegression

        train, test = standardise(train, test)
        model = LogisticRegression(
            class_weight="balanced" if self.config.balanced else None,
            max_iter=self.config.max_iterations,
            tol=1e-3,
            warm_start=True,
        )
        for strength in strengths:
            yield model.set_params(C=strength).fit(train, labels).predict(test)

    def _best_strength(self, train: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> float:
        """The C that is best for groups which are left out in turn."""
        return self._best_for(train, labels, self._folds(groups))

    def _best_for(self, train: np.ndarray, labels: np.ndarray, parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
        """The C with the best score of all predictions for parts that were left out; of equals, the strongest penalty.

        Scores of single parts would count a part that holds one class as much as one that holds all.
        """
        classes, label = np.unique(labels, return_inverse=True)
        label = label.reshape(-1)
        matrices = np.zeros((len(self.strengths), len(classes), len(classes)))
        for rest, held_out in parts:
            if len(np.unique(label[rest])) < 2:
                continue
            predictions = self._predictions(train[rest], label[rest], train[held_out], self.strengths)
            for number, predicted in enumerate(predictions):
                matrices[number] += confusion(label[held_out], predicted, len(classes))
        if not matrices.any():
            return self.strengths[len(self.strengths) // 2]
        return self.strengths[int(balanced_accuracy(matrices).argmax())]

    def _folds(self, groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        numbers = generator(self.config.seed, "probe folds").permutation(np.unique(groups))
        for part in np.array_split(numbers, min(self.config.folds, len(numbers))):
            held_out = np.isin(groups, part)
            if held_out.any() and not held_out.all():
                yield ~held_out, held_out
