"""Choosing how strongly a model is penalised: by validation samples, or by training groups that are left out."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
from attrs import frozen
from threadpoolctl import threadpool_limits

from spacenit_core.errors import UserError
from spacenit_core.kinds.protocols import Prediction
from spacenit_core.rng import generator
from spacenit_evals.benchmarks.grouped_folds import dealt
from spacenit_evals.protocols.on_vectors import LabelledVectors, OnVectors

Model = Callable[[np.ndarray], Prediction]
"""From vectors ``[m, D]`` to what is predicted for them."""

Aim = Literal["accuracy", "balanced_accuracy"]

_SMALL = 1 << 22
"""Numbers in a matrix whose products gain nothing from threads: where cores are busy, these wait for each other."""


@frozen(kw_only=True)
class PenaltyChoice:
    """How the strength of a penalty is chosen.

    Attributes:
        strengths: what there is to choose from, from strong to weak penalties: the first of equals is taken.
        folds: parts of the training groups that are left out in turn, where there are no validation samples.
        seed: of the folds.
        aim: what the best strength is best at: of one class a sample this, of several the micro average precision, of a
            number the squared error.
        refit: whether the validation samples are trained on, once the strength is chosen.
        name: what reports call it.
    """

    strengths: tuple[float, ...]
    folds: int
    seed: int
    aim: Aim
    refit: bool
    name: str


class PenalisedProtocol(OnVectors):
    """Fits models with penalties of several strengths, takes the best, and says which that was.

    Args:
        choice: how it is chosen.

    Attributes:
        remark: what was chosen in the last fit.
    """

    def __init__(self, choice: PenaltyChoice) -> None:
        self.choice = choice
        self.remark = ""

    @abstractmethod
    def fits(self, train: LabelledVectors, strengths: Sequence[float]) -> Iterator[Model]:
        """A model for each strength, in the order given."""

    def fit_predict(
        self, train: LabelledVectors, test: np.ndarray, validation: LabelledVectors | None = None
    ) -> Prediction:
        """Choose the strength, fit on all that may be trained on, predict.

        Raises:
            UserError: where no part of the training groups can be left out.
        """
        with threadpool_limits(1 if train.vectors.size < _SMALL else None):
            return self.fitted(train, validation)(test)

    def fitted(self, train: LabelledVectors, validation: LabelledVectors | None = None) -> Model:
        """The model of the strength that is chosen.

        Raises:
            UserError: where no part of the training groups can be left out.
        """
        with threadpool_limits(1 if train.vectors.size < _SMALL else None):
            strength = self._chosen(train, validation)
            if validation is not None and self.choice.refit:
                train = train.and_those_of(validation)
            return next(iter(self.fits(train, [strength])))

    def _chosen(self, train: LabelledVectors, validation: LabelledVectors | None) -> float:
        strengths, name = self.choice.strengths, self.choice.name
        if len(strengths) == 1:
            self.remark = f"{name} = {strengths[0]:g}"
            return strengths[0]
        if validation is not None:
            trials, how = [(train, validation)], ", chosen on validation samples"
        else:
            trials, how = self._left_out(train)
        scores = self._scores(trials)
        strength = strengths[int(np.argmax(scores))]
        self.remark = f"{name} = {strength:g}{how}"
        return strength

    def _left_out(self, train: LabelledVectors) -> tuple[list[tuple[LabelledVectors, LabelledVectors]], str]:
        several = len(np.unique(train.groups)) > 1
        groups = train.groups if several else np.arange(len(train.labels))
        folds = min(self.choice.folds, len(np.unique(groups)))
        fold = dealt(groups, folds, generator(self.choice.seed, "inner folds"))
        trials = [(train.take(fold != number), train.take(fold == number)) for number in range(folds)]
        trials = [trial for trial in trials if _can_be_learnt(trial[0])]
        if not trials:
            raise UserError(
                f"{self.choice.name} cannot be chosen: whichever of {folds} parts of the training groups is left out, "
                "the rest is of one class",
                "give one value alone, or smaller groups",
            )
        return trials, "" if several else ", chosen on samples of the only training group, which are alike"

    def _scores(self, trials: Sequence[tuple[LabelledVectors, LabelledVectors]]) -> list[float]:
        """How good each strength is for all samples that were left out together.

        Scores of single parts would count a part that holds one class as much as one that holds all.
        """
        found: list[list[Prediction]] = [[] for _ in self.choice.strengths]
        for train, held_out in trials:
            for number, model in enumerate(self.fits(train, self.choice.strengths)):
                found[number].append(model(held_out.vectors))
        truth = np.concatenate([held_out.labels for _, held_out in trials])
        return [_score(truth, parts, trials[0][0], self.choice.aim) for parts in found]


def _can_be_learnt(train: LabelledVectors) -> bool:
    return train.task != "classification" or len(np.unique(train.labels)) > 1


def _score(truth: np.ndarray, parts: Sequence[Prediction], like: LabelledVectors, aim: Aim) -> float:
    values = np.concatenate([part.values for part in parts])
    if like.task == "regression":
        return -float(np.mean((values - truth) ** 2))
    if like.task == "multilabel":
        from sklearn.metrics import average_precision_score

        scores = np.concatenate([part.scores for part in parts if part.scores is not None])
        return float(average_precision_score(truth.ravel(), scores.ravel())) if truth.any() else 0.0
    if aim == "accuracy":
        return float(np.mean(values == truth))
    return float(np.mean([np.mean(values[truth == label] == label) for label in np.unique(truth)]))
