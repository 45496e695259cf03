"""The vectors of a benchmark's samples, made once for all protocols, and the parts of a split that protocols see."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from attrs import frozen

from spacenit_core.kinds.benchmarks import Benchmark, Split
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledSplit
from spacenit_core.samples.sample_window import SampleWindow

Progress = Callable[[int, int], None]
"""Called with how many are done, and how many there are."""


class Embeddings:
    """Vectors of all samples of a benchmark, by their numbers: pooled ones from one pass over the samples, grids from
    another when they are first asked for.

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
        held, rows, order = [], {name: [] for name in embedders}, []  # type: ignore[var-annotated]
        for numbers, samples in benchmark.samples():
            held.append(benchmark.holds(samples))
            for name, embedder in embedders.items():
                rows[name].append(np.asarray(embedder.pooled(samples), dtype=np.float32))
            order.append(numbers)
            if progress is not None:
                progress(sum(map(len, order)), len(benchmark.numbers))
        back = np.argsort(np.concatenate(order), kind="stable")
        self.held: np.ndarray = np.concatenate(held)[back]
        for name, embedder in embedders.items():
            self._pooled[id(embedder)] = joined(rows[name])[back]

    def pooled(self, embedder: Embedder, numbers: np.ndarray) -> np.ndarray:
        """The vectors of some samples, float32 ``[m, D]``. Those shorter than others end in NaN."""
        return self._pooled[id(embedder)][np.searchsorted(self.benchmark.numbers, numbers)]

    def grid(self, embedder: Embedder, numbers: np.ndarray) -> np.ndarray:
        """The vectors of the patches of some samples, float32 ``[m, h, w, D]``."""
        if id(embedder) not in self._grids:
            read = [(order, embedder.grid(samples)) for order, samples in self.benchmark.samples()]
            back = np.argsort(np.concatenate([order for order, _ in read]), kind="stable")
            self._grids[id(embedder)] = np.concatenate([grid for _, grid in read])[back]
        return self._grids[id(embedder)][np.searchsorted(self.benchmark.numbers, numbers)]


def joined(parts: list[np.ndarray]) -> np.ndarray:
    """Vectors one below the other; those of a batch that are shorter than those of another end in NaN."""
    width = max(part.shape[1] for part in parts)
    filled = [np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=np.nan) for part in parts]
    return np.concatenate(filled)


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
    def labels(self) -> np.ndarray:
        """Int ``[m]``."""
        return self.benchmark.labels[self.chosen]

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

    def grid(self, embedder: Embedder) -> np.ndarray:
        """One vector for each patch, float32 ``[m, h, w, D]``."""
        return self.embeddings.grid(embedder, self._numbers)

    def batches(self, batch_size: int) -> Iterator[tuple[list[SampleWindow], np.ndarray]]:
        """Samples in stored units and their labels int ``[B]``, in the order that is read fastest."""
        for numbers, samples in self.benchmark.samples(self._numbers, batch_size):
            yield samples, self.benchmark.labels[np.searchsorted(self.benchmark.numbers, numbers)]


def parts_of(benchmark: Benchmark, embeddings: Embeddings, split: Split) -> LabelledSplit:
    """The sides of a split, as protocols see them."""
    train, test, validation = (
        None if side is None else Part(benchmark=benchmark, embeddings=embeddings, chosen=side)
        for side in (split.train, split.test, split.validation)
    )
    assert train is not None and test is not None
    return LabelledSplit(train=train, test=test, validation=validation)
