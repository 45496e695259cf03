"""Random forests on frozen vectors (Breiman 2001)."""

from typing import Any, ClassVar, Self

import numpy as np
from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.protocols import Prediction, ProtocolConfig
from spacenit_core.kinds.tasks import Task
from spacenit_core.rng import generator
from spacenit_evals.protocols.on_vectors import LabelledVectors, OnVectors
from spacenit_evals.protocols.scaling import fill_missing


@frozen(kw_only=True)
class RandomForest(ProtocolConfig):
    """scikit-learn's forests with its defaults, grown several times with other seeds: each is a draw of its own.

    Nothing is chosen, so that validation samples are not looked at. Scores are the mean shares of the classes in the
    leaves.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "multilabel", "regression")

    trees: int = setting("number of trees", 100, validator=at_least(1))
    depth: int | None = setting("splits below one another at most (none: any number)", None, validator=at_least(1))
    leaf: int = setting("training samples in a leaf, at least", 1, validator=at_least(1))
    seeds: int = setting("forests that are grown, one for each seed", 3, validator=at_least(1))
    seed: int = setting("the first seed", 0, validator=at_least(0))

    def repeats(self) -> tuple[Self, ...]:
        """One forest for each seed."""
        return tuple(evolve(self, seeds=1, seed=self.seed + number) for number in range(self.seeds))

    def build(self) -> OnVectors:
        """Make it."""
        return _RandomForest(self)


class _RandomForest(OnVectors):
    def __init__(self, config: RandomForest) -> None:
        self.config = config

    def fit_predict(
        self, train: LabelledVectors, test: np.ndarray, validation: LabelledVectors | None = None
    ) -> Prediction:
        """Grow the trees and let them vote."""
        vectors, test = fill_missing(train.vectors, test)
        is_one_label = train.labels.shape[1:] == (1,)
        forest = self._forest(train.task).fit(vectors, train.labels[:, 0] if is_one_label else train.labels)
        if train.task == "regression":
            return Prediction(values=np.asarray(forest.predict(test), dtype=np.float64))
        found = forest.predict_proba(test)
        scores = np.zeros((len(test), train.classes), dtype=np.float32)
        if train.task == "classification":
            scores[:, forest.classes_] = found
            return Prediction(values=forest.classes_[found.argmax(axis=1)], scores=scores)
        # Of one label alone scikit-learn gives an array, and not a list of one.
        shares_of, known_of = ([found], [forest.classes_]) if is_one_label else (found, forest.classes_)
        for number, (shares, known) in enumerate(zip(shares_of, known_of, strict=True)):
            scores[:, number] = shares[:, known.astype(bool)].sum(axis=1)
        return Prediction(values=scores > 0.5, scores=scores)

    def _forest(self, task: Task) -> Any:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        of_task = RandomForestRegressor if task == "regression" else RandomForestClassifier
        return of_task(
            n_estimators=self.config.trees,
            max_depth=self.config.depth,
            min_samples_leaf=self.config.leaf,
            random_state=int(generator(self.config.seed, "random forest").integers(1 << 31)),
            n_jobs=-1,
        )
