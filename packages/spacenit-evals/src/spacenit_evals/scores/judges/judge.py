"""What judges of all tasks give."""

from typing import Protocol

import numpy as np

from spacenit_evals.scores.intervals import Interval


class Judge(Protocol):
    """Scores of what one protocol predicted from several kinds of features."""

    @property
    def primary(self) -> str:
        """The metric of differences and draws."""
        ...

    def metrics(self, features: str) -> dict[str, Interval]:
        """Score by name, with the primary one among them; the mean over the draws."""
        ...

    def gain(self, features: str, other: str) -> Interval:
        """By how much the primary score of some features is better than that of others, paired; positive is better."""
        ...

    def draws(self, features: str) -> tuple[float, ...]:
        """The primary score of each draw."""
        ...

    def better(self, one: float, other: float) -> float:
        """By how much one primary score is better than another; positive is better."""
        ...

    def recall(self, features: str) -> dict[int, float]:
        """Score of each class by its code: the share found, of many labels F1; empty for numbers."""
        ...

    def confusion(self, features: str) -> np.ndarray | None:
        """Who was taken for whom, float ``[K, K]``: rows are the truth; None without exclusive classes."""
        ...
