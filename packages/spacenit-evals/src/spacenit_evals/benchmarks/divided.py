"""A benchmark whose samples are divided otherwise: folds of its groups, fewer labels."""

from collections.abc import Sequence
from functools import cached_property
from math import ceil

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import Benchmark, Draw, Split
from spacenit_core.rng import generator
from spacenit_evals.benchmarks.grouped_folds import grouped_folds
from spacenit_evals.benchmarks.of_another import OfAnother
from spacenit_evals.division import Division


def divided(benchmark: Benchmark, division: Division) -> Benchmark:
    """A benchmark divided as is asked for; itself where nothing is.

    Raises:
        UserError: where its samples cannot be divided so.
    """
    if not division.asks:
        return benchmark
    if division.per_class is not None and benchmark.facts.task != "classification":
        raise UserError(
            f"{division.per_class} labels of each class are asked for, and samples of {benchmark.facts.task} have no "
            "class each",
            "ask for a fraction",
        )
    found = DividedBenchmark(benchmark, division)
    # What cannot be divided is refused before anything is embedded.
    assert len(found.draws)
    return found


class DividedBenchmark(OfAnother):
    """See `divided`.

    Args:
        whole: the benchmark, opened.
        division: how it is divided.
    """

    def __init__(self, whole: Benchmark, division: Division) -> None:
        super().__init__(whole)
        self.division = division

    @cached_property
    def draws(self) -> Sequence[Draw]:
        """Folds or the benchmark's own splits, each draw with labels of its own."""
        found: list[Draw] = []
        for own in self._divisions():
            found.append(tuple(self._with_fewer(split, len(found), number) for number, split in enumerate(own)))
        return found

    def settled(self, held: np.ndarray) -> "DividedBenchmark":
        """Without samples that hold nothing, divided anew."""
        return DividedBenchmark(self.whole.settled(held), self.division)

    def setup(self) -> dict[str, object]:
        """As the whole says, and the division."""
        division, told = self.division, self.whole.setup()
        if division.folds is not None:
            told["split"] = f"{division.folds} folds of whole groups"
        if division.per_class is not None:
            told["labels_per_class"] = division.per_class
        elif division.few:
            told["label_fraction"] = division.fraction
        return told | {"division_seed": division.seed}

    def remarks(self) -> dict[str, object]:
        """As the whole says, and classes that have fewer labels than asked for."""
        remarks, wanted = self.whole.remarks(), self.division.per_class
        if wanted is None:
            return remarks
        labels, facts = np.asarray(self.labels), self.facts
        sides = [split.train for draw in self.draws for split in draw]
        fewest = [min(int((labels[side] == label).sum()) for side in sides) for label in range(len(facts.classes))]
        short = [f"{name} {count}" for name, count in zip(facts.classes, fewest, strict=True) if count < wanted]
        return remarks | ({"fewer_labels_of": ", ".join(short)} if short else {})

    def _divisions(self) -> Sequence[Draw]:
        division = self.division
        if division.folds is None:
            own = self.whole.draws
            return [draw for draw in own for _ in range(ceil(division.draws / len(own)))]
        is_classified = self.facts.task == "classification"
        labels = np.asarray(self.labels) if is_classified else np.zeros(len(self.labels), dtype=np.int64)
        return grouped_folds(self.groups, labels, folds=division.folds, draws=division.draws, seed=division.seed)

    def _with_fewer(self, split: Split, draw: int, number: int) -> Split:
        if not self.division.few:
            return split
        order = generator(self.division.seed, "fewer labels", draw, number).permutation(np.flatnonzero(split.train))
        train = np.zeros(len(split.train), dtype=bool)
        train[self._first(order)] = True
        return Split(train, split.test, split.validation)

    def _first(self, order: np.ndarray) -> np.ndarray:
        """Those samples that are learnt from, of some in random order."""
        if self.facts.task != "classification":
            return order[: self._count(len(order))]
        labels = np.asarray(self.labels)[order]
        of_classes = [order[labels == label] for label in np.unique(labels)]
        return np.concatenate([here[: self._count(len(here))] for here in of_classes])

    def _count(self, there: int) -> int:
        if self.division.per_class is not None:
            return self.division.per_class
        return max(1, round(self.division.fraction * there))
