"""Logistic regression on frozen vectors over 40 penalties, as torchgeo-bench fits it."""

from typing import ClassVar

import numpy as np
from attrs import frozen, validators

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_core.kinds.tasks import Task
from spacenit_evals.protocols.logistic import LogisticProtocol
from spacenit_evals.protocols.penalty import PenaltyChoice

STRENGTHS = tuple(float(f"{strength:.4g}") for strength in np.logspace(-6, 4, 40))


@frozen(kw_only=True)
class LogisticRegression(ProtocolConfig):
    """Multinomial logistic regression; of several labels one regression for each.

    C is the one of 40 between 1e-6 and 1e4 whose accuracy (of several labels: micro average precision) on the
    validation samples is best, and then all of those are trained on too. Where there are no validation samples, groups
    of the training samples are left out in turn. Of equals the strongest penalty is taken. Scores are probabilities.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "multilabel")

    strengths: tuple[float, ...] = setting(
        "inverse penalties C to choose from",
        STRENGTHS,
        validator=validators.and_(validators.min_len(1), validators.deep_iterable(above(0))),
    )
    folds: int = setting(
        "parts of the training groups that are left out in turn, where no validation samples choose C",
        3,
        validator=at_least(2),
    )
    standardise: bool = setting("whether features get mean 0 and deviation 1, by the training points, first", False)
    refit: bool = setting("whether the validation samples are trained on, once C is chosen", True)
    max_iterations: int = setting("iterations of the solver at most, for each C", 1000, validator=at_least(1))
    seed: int = setting("seed of the folds", 0, validator=at_least(0))

    def build(self) -> LogisticProtocol:
        """Make it."""
        choice = PenaltyChoice(
            strengths=tuple(sorted(self.strengths)),
            folds=self.folds,
            seed=self.seed,
            aim="accuracy",
            refit=self.refit,
            name="C",
        )
        return LogisticProtocol(choice, scaled=self.standardise, balanced=False, max_iterations=self.max_iterations)
