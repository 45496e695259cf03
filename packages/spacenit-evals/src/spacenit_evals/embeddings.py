"""The vectors of a benchmark's samples, made once for all protocols, and the parts of a split that protocols see."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from attrs import frozen

from spacenit_core.kinds.benchmarks import Benchmark, Labels, Split
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledSplit
from spacenit_core.kinds.tasks import DENSE
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals.chosen_maps import chosen_labels
from spacenit_evals.vectors import ChosenRows, Grids, Pooled

Progress = Callable[[int, int], None]
"""Called with how many are done, and how many there are."""


class Embeddings:
    """Vectors of all samples of a benchmark, by their numbers.

    One pass over the samples makes the vectors that protocols of the task work on, pooled ones or where labels are maps
    those of patches; another makes the others when they are first asked for.

    Args:
        benchmark: whose samples.
        embedders: all that are compared.
        progress: told how many samples are embedded.

    Attributes:
        held: bool ``[n, S]``: which sensors of the inputs each sample holds.
    """

    def __init__(
        self, benchmark: Benchmark, embedders: Mapping[str, Embedder], progress: Progress | None = None
    ) -> None:
        self.benchmark = benchmark
        self._pooled: dict[int, np.ndarray] = {}
        self._grids: dict[int, np.ndarray] = {}
        are_maps, held, order = benchmark.facts.task in DENSE, [], []
        made: dict[str, Pooled | Grids] = {
            name: Grids(len(benchmark.numbers)) if are_maps else Pooled() for name in embedders
        }
        for numbers, samples in benchmark.samples():
            held.append(benchmark.holds(samples))
            for name, embedder in embedders.items():
                made[name].add(embedder.grid(samples) if are_maps else embedder.pooled(samples))
            order.append(numbers)
            if progress is not None:
                progress(sum(map(len, order)), len(benchmark.numbers))
        self._places = np.argsort(np.concatenate(order), kind="stable")
        self.held: np.ndarray = np.concatenate(held)[self._places]
        into = self._grids if are_maps else self._pooled
        for name, embedder in embedders.items():
            into[id(embedder)] = made[name].whole()

    def pooled(self, embedder: Embedder, numbers: np.ndarray) -> np.ndarray:
        """The vectors of some samples, float32 ``[m, D]``. Those shorter than others end in NaN."""
        if id(embedder) not in self._pooled:
            made = Pooled()
            for _, samples in self.benchmark.samples():
                made.add(embedder.pooled(samples))
            self._pooled[id(embedder)] = made.whole()
        return self._pooled[id(embedder)][self._at(numbers)]

    def grid(self, embedder: Embedder, numbers: np.ndarray) -> ChosenRows:
        """The vectors of the patches of some samples, float32 ``[m, h, w, D]``."""
        if id(embedder) not in self._grids:
            made = Grids(len(self.benchmark.numbers))
            for _, samples in self.benchmark.samples():
                made.add(embedder.grid(samples))
            self._grids[id(embedder)] = made.whole()
        return ChosenRows(self._grids[id(embedder)], self._at(numbers))

    def _at(self, numbers: np.ndarray) -> np.ndarray:
        """Where the vectors of some samples lie, in the order in which samples were read."""
        return self._places[np.searchsorted(self.benchmark.numbers, numbers)]


@frozen(kw_only=True, eq=False)
class Part:
    """One side of a split; implements `LabelledPart`.

    Attributes:
        benchmark: the samples that are scored.
        embeddings: the vectors.
        chosen: bool ``[n]``, those on this side.
    """

    benchmark: Benchmark
    embeddings: Embeddings
    chosen: np.ndarray

    @property
    def labels(self) -> Labels:
        """Of each sample."""
        return chosen_labels(self.benchmark, np.flatnonzero(self.chosen))

    @property
    def groups(self) -> np.ndarray:
        """Int ``[m]``."""
        return self.benchmark.groups[self.chosen]

    @property
    def _numbers(self) -> np.ndarray:
        return self.benchmark.numbers[self.chosen]

    def pooled(self, embedder: Embedder) -> np.ndarray:
        """One vector for each sample, float32 ``[m, D]``."""
        return self.embeddings.pooled(embedder, self._numbers)

    def grid(self, embedder: Embedder) -> ChosenRows:
        """One vector for each patch, float32 ``[m, h, w, D]``."""
        return self.embeddings.grid(embedder, self._numbers)

    def batches(self, batch_size: int) -> Iterator[tuple[list[SampleWindow], np.ndarray]]:
        """Samples in stored units and their labels ``[B, ...]``, in the order that is read fastest."""
        for numbers, samples in self.benchmark.samples(self._numbers, batch_size):
            places = np.searchsorted(self.benchmark.numbers, numbers)
            yield samples, chosen_labels(self.benchmark, places)[np.arange(len(places))]


def parts_of(benchmark: Benchmark, embeddings: Embeddings, split: Split) -> LabelledSplit:
    """The sides of a split, as protocols see them."""
    train, test, validation = (
        None if side is None else Part(benchmark=benchmark, embeddings=embeddings, chosen=side)
        for side in (split.train, split.test, split.validation)
    )
    assert train is not None and test is not None
    facts = benchmark.facts
    return LabelledSplit(train=train, test=test, validation=validation, task=facts.task, classes=len(facts.classes))
