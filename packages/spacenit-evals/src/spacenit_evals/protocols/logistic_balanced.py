"""Logistic regression on frozen vectors in which every class weighs the same."""

from typing import ClassVar

from attrs import frozen

from spacenit_core.kinds.tasks import Task
from spacenit_evals.protocols.balanced_penalty import BalancedPenalty
from spacenit_evals.protocols.logistic import LogisticProtocol


@frozen(kw_only=True)
class LogisticBalanced(BalancedPenalty):
    """Multinomial logistic regression on standardised features with class weights; of several labels one for each.

    C is fixed, or the one of several whose balanced accuracy is best for groups of the training samples that are left
    out in turn (for the validation samples, where there are some): ``strengths=1e-4,1e-3,1e-2,1e-1,1``.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "multilabel")

    def build(self) -> LogisticProtocol:
        """Make it."""
        return self.regression()
