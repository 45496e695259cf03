"""What the logistic regressions on frozen vectors share."""

from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen

from spacenit_core.kinds.protocols import Prediction
from spacenit_evals.protocols.logistic_path import LinearModel, logistic_path
from spacenit_evals.protocols.on_vectors import LabelledVectors
from spacenit_evals.protocols.penalty import Model, PenalisedProtocol, PenaltyChoice
from spacenit_evals.protocols.scaling import Filling, Scaling, filling, standardising


class LogisticProtocol(PenalisedProtocol):
    """Logistic regressions: one softmax over the classes, or one regression for each of several labels.

    Args:
        choice: how C is chosen.
        scaled: whether features get mean 0 and deviation 1 first.
        balanced: whether every class weighs the same; of several labels each, and its absence.
        max_iterations: of the solver.
    """

    def __init__(self, choice: PenaltyChoice, *, scaled: bool, balanced: bool, max_iterations: int) -> None:
        super().__init__(choice)
        self.scaled, self.balanced, self.max_iterations = scaled, balanced, max_iterations

    def fits(self, train: LabelledVectors, strengths: Sequence[float]) -> Iterator[Model]:
        """A model for each C, ascending."""
        prepare = (standardising if self.scaled else filling)(train.vectors)
        exclusive = train.task == "classification"
        known = np.unique(train.labels) if exclusive else np.arange(train.classes)
        targets = train.targets()[:, known]
        weights = _balance(targets, exclusive) if self.balanced else None
        # Of two classes one is told from the other by one function, as scikit-learn has it: C means the same.
        binary = exclusive and len(known) == 2
        path = logistic_path(
            prepare(train.vectors),
            targets[:, 1:] if binary else targets,
            strengths,
            exclusive=exclusive and not binary,
            weights=weights,
            max_iterations=self.max_iterations,
        )
        for model in path:
            yield _Fitted(prepare=prepare, model=model, known=known, classes=train.classes, exclusive=exclusive)


@frozen(kw_only=True, eq=False)
class _Fitted:
    prepare: Scaling | Filling
    model: LinearModel
    known: np.ndarray
    classes: int
    exclusive: bool

    def __call__(self, vectors: np.ndarray) -> Prediction:
        from scipy.special import expit, softmax

        logits = self.model(self.prepare(vectors))
        if not self.exclusive:
            return Prediction(values=logits > 0, scores=expit(logits).astype(np.float32))
        likely = (
            np.concatenate([expit(-logits), expit(logits)], axis=1) if logits.shape[1] == 1 else softmax(logits, axis=1)
        )
        scores = np.zeros((len(vectors), self.classes), dtype=np.float32)
        scores[:, self.known] = likely
        return Prediction(values=self.known[likely.argmax(axis=1)], scores=scores)


def _balance(targets: np.ndarray, exclusive: bool) -> np.ndarray:
    """What a sample counts for where every class weighs the same, and of several labels each as much as its absence."""
    counts = targets.sum(axis=0)
    if exclusive:
        weights: np.ndarray = (targets * (len(targets) / (targets.shape[1] * counts))).sum(axis=1, keepdims=True)
        return weights
    of_those, of_others = (len(targets) / (2 * np.maximum(count, 1)) for count in (counts, len(targets) - counts))
    return np.where(targets, of_those, of_others)
