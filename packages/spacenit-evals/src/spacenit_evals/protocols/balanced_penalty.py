"""What the logistic regressions share in which every class weighs the same."""

from attrs import frozen, validators

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_evals.protocols.logistic import LogisticProtocol
from spacenit_evals.protocols.penalty import PenaltyChoice


@frozen(kw_only=True)
class BalancedPenalty(ProtocolConfig):
    """C is fixed, or the one of several that has the best balanced accuracy for groups that are left out in turn."""

    strengths: tuple[float, ...] = setting(
        "the inverse penalty C, or several to choose from",
        (0.05,),
        validator=validators.and_(validators.min_len(1), validators.deep_iterable(above(0))),
    )
    folds: int = setting("parts of the training groups that are left out in turn to choose C", 3, validator=at_least(2))
    max_iterations: int = setting("iterations of the solver at most, for each C", 1000, validator=at_least(1))
    seed: int = setting("seed of the folds", 0, validator=at_least(0))

    def inactive(self) -> dict[str, str]:
        """The folds, where there is nothing to choose."""
        return dict.fromkeys(("folds", "seed"), "one C alone") if len(self.strengths) == 1 else {}

    def regression(self) -> LogisticProtocol:
        """On standardised features, with class weights."""
        choice = PenaltyChoice(
            strengths=tuple(sorted(self.strengths)),
            folds=self.folds,
            seed=self.seed,
            aim="balanced_accuracy",
            refit=False,
            name="C",
        )
        return LogisticProtocol(choice, scaled=True, balanced=True, max_iterations=self.max_iterations)
