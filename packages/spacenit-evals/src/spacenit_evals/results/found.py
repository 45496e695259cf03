"""What an evaluation found."""

from attrs import field, frozen

from spacenit_core.kinds.tasks import Task
from spacenit_evals.results.origins import Origin
from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scoring import PRIMARY, Score


@frozen(kw_only=True)
class Report:
    """What an evaluation found.

    Attributes:
        run: the model's name.
        step: updates that it was trained for; None where nothing says so.
        scores: one per protocol and kind of features.
        task: what is predicted.
        primary: the metric of differences and draws.
        origin: what they depend on, for programs.
        facts: what the numbers depend on: window, block, numbers of points ...
        predictions: protocol -> what it predicted, so that runs can be compared point by point.
    """

    run: str
    step: int | None
    scores: tuple[Score, ...]
    task: Task = "classification"
    primary: str = PRIMARY
    origin: Origin = field(factory=Origin, eq=False)
    facts: dict[str, object] = field(factory=dict)
    predictions: dict[str, Predictions] = field(factory=dict, eq=False, repr=False)

    def score(self, probe: str, features: str) -> Score:
        """One of the scores."""
        return next(score for score in self.scores if (score.probe, score.features) == (probe, features))
