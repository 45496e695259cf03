"""Ridge regression on frozen vectors."""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import numpy as np
from attrs import frozen, validators

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.protocols import Prediction, ProtocolConfig
from spacenit_core.kinds.tasks import Task
from spacenit_evals.protocols.logistic_path import LinearModel
from spacenit_evals.protocols.on_vectors import LabelledVectors
from spacenit_evals.protocols.penalty import Model, PenalisedProtocol, PenaltyChoice
from spacenit_evals.protocols.scaling import Scaling, standardising


@frozen(kw_only=True)
class Ridge(ProtocolConfig):
    """Linear regression on standardised features with a penalty on the squared coefficients (Hoerl and Kennard 1970).

    A class is a target of 1 for its samples and -1 for the others; the largest value decides, of several labels its
    sign. The penalty is the best for the validation samples, or for groups of the training samples that are left out in
    turn: by squared error, accuracy, or micro average precision. Of equals the strongest is taken.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "multilabel", "regression")

    penalties: tuple[float, ...] = setting(
        "penalties to choose from",
        (0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5),
        validator=validators.and_(validators.min_len(1), validators.deep_iterable(above(0))),
    )
    folds: int = setting(
        "parts of the training groups that are left out in turn, where no validation samples choose the penalty",
        3,
        validator=at_least(2),
    )
    refit: bool = setting("whether the validation samples are trained on, once the penalty is chosen", True)
    seed: int = setting("seed of the folds", 0, validator=at_least(0))

    def build(self) -> "_Ridge":
        """Make it."""
        return _Ridge(
            PenaltyChoice(
                strengths=tuple(sorted(self.penalties, reverse=True)),
                folds=self.folds,
                seed=self.seed,
                aim="accuracy",
                refit=self.refit,
                name="penalty",
            )
        )


class _Ridge(PenalisedProtocol):
    def fits(self, train: LabelledVectors, strengths: Sequence[float]) -> Iterator[Model]:
        """A model for each penalty, all from one decomposition of the vectors."""
        scaling = standardising(train.vectors)
        vectors = scaling(train.vectors).astype(np.float64)
        targets = train.targets()
        if train.task != "regression":
            targets = 2.0 * targets - 1
        offsets, mean = targets.mean(axis=0), vectors.mean(axis=0)
        solve = _solver(vectors - mean, targets - offsets)
        known = np.unique(train.labels) if train.task == "classification" else None
        for penalty in strengths:
            found = solve(penalty)
            model = LinearModel(coefficients=found, offsets=offsets - found @ mean)
            yield _Fitted(scaling=scaling, model=model, train=train, known=known)


def _solver(vectors: np.ndarray, targets: np.ndarray) -> Callable[[float], np.ndarray]:
    """The coefficients ``[K, D]`` with any penalty, by products of features or of samples, whichever are fewer."""
    of_samples = len(vectors) < vectors.shape[1]
    values, axes = np.linalg.eigh(vectors @ vectors.T if of_samples else vectors.T @ vectors)
    along = axes.T @ (targets if of_samples else vectors.T @ targets)

    def solve(penalty: float) -> np.ndarray:
        found = axes @ (along / (np.maximum(values, 0.0) + penalty)[:, None])
        return (vectors.T @ found if of_samples else found).T

    return solve


@frozen(kw_only=True, eq=False)
class _Fitted:
    scaling: Scaling
    model: LinearModel
    train: LabelledVectors
    known: np.ndarray | None

    def __call__(self, vectors: np.ndarray) -> Prediction:
        values = self.model(self.scaling(vectors))
        if self.train.task == "regression":
            return Prediction(values=values[:, 0])
        scores = values.astype(np.float32)
        if self.known is None:
            return Prediction(values=values > 0, scores=scores)
        return Prediction(values=self.known[values[:, self.known].argmax(axis=1)], scores=scores)
