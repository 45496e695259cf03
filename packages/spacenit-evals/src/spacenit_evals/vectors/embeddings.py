"""The vectors of a benchmark's samples, made once for all protocols, and the parts of a split that protocols see."""

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import Benchmark, Labels, Split
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledSplit
from spacenit_core.kinds.tasks import DENSE
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals.chosen_labels import chosen_labels
from spacenit_evals.vectors.cache import EmbeddingCache, Kept, Kind, SamplesDigest
from spacenit_evals.vectors.growing import ChosenRows, Grids, Pooled

Progress = Callable[[int, int], None]
"""Called with how many are done, and how many there are."""


@frozen(kw_only=True)
class Keeping:
    """Where vectors are kept between evaluations.

    Attributes:
        cache: the folder.
        benchmark: the benchmark's name.
        identities: embedder name -> all that decides on its vectors; those without one are not kept.
    """

    cache: EmbeddingCache
    benchmark: str
    identities: Mapping[str, str | None]

    def knows(self) -> bool:
        """Whether there may be vectors of any embedder, so that samples are worth being looked at first."""
        known = (identity for identity in self.identities.values() if identity is not None)
        return any(self.cache.knows(identity, self.benchmark) for identity in known)


class Embeddings:
    """Vectors of all samples of a benchmark, by their numbers.

    One pass over the samples makes the vectors that protocols of the task work on, pooled ones or where labels are maps
    those of patches; another makes the others when they are first asked for. Vectors that are kept on the disk are not
    made again: where some may be, a pass before looks at the samples.

    Args:
        benchmark: whose samples.
        embedders: all that are compared.
        progress: told how many samples are embedded.
        keeping: where vectors are kept; None for nowhere.

    Attributes:
        held: bool ``[n, S]``: which sensors of the inputs each sample holds.
        seconds: embedder name -> seconds that its vectors took when they were made.
    """

    def __init__(
        self,
        benchmark: Benchmark,
        embedders: Mapping[str, Embedder],
        progress: Progress | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        self.benchmark = benchmark
        self.seconds = dict.fromkeys(embedders, 0.0)
        self.held: np.ndarray = np.zeros((0, 0), dtype=bool)
        self._names = {id(embedder): name for name, embedder in embedders.items()}
        self._vectors: dict[tuple[str, Kind], np.ndarray] = {}
        self._keeping, self._digest = keeping, ""
        kind: Kind = "grid" if benchmark.facts.task in DENSE else "pooled"
        missing = dict(embedders)
        if keeping is not None and keeping.knows():
            self._read({}, kind)
            missing = {name: one for name, one in embedders.items() if not self._found(name, kind)}
        if missing or not self._digest:
            self._read(missing, kind, progress)

    def pooled(self, embedder: Embedder, numbers: np.ndarray) -> np.ndarray:
        """The vectors of some samples, float32 ``[m, D]``. Those shorter than others end in NaN."""
        return np.asarray(self._of(embedder, "pooled")[self._at(numbers)])

    def grid(self, embedder: Embedder, numbers: np.ndarray) -> ChosenRows:
        """The vectors of the patches of some samples, float32 ``[m, h, w, D]``."""
        return ChosenRows(self._of(embedder, "grid"), self._at(numbers))

    def latlon(self, numbers: np.ndarray) -> np.ndarray:
        """Where the middles of some samples lie, degrees, ``[m, 2]``; NaN where unknown."""
        return self._latlon[self._at(numbers)]

    def _of(self, embedder: Embedder, kind: Kind) -> np.ndarray:
        name = self._names[id(embedder)]
        if (name, kind) not in self._vectors and not self._found(name, kind):
            self._read({name: embedder}, kind)
        return self._vectors[name, kind]

    def _read(self, embedders: Mapping[str, Embedder], kind: Kind, progress: Progress | None = None) -> None:
        """Read all samples, embed them, and keep the vectors."""
        count, held, order, digest = len(self.benchmark.numbers), [], [], SamplesDigest()
        latlon: list[np.ndarray] = []
        made: dict[str, Pooled | Grids] = {name: Grids(count) if kind == "grid" else Pooled() for name in embedders}
        seconds, numberless = dict.fromkeys(embedders, 0.0), dict.fromkeys(embedders, True)
        if progress is not None:
            progress(0, count)
        for numbers, samples in self.benchmark.samples():
            if self._keeping is not None:
                digest.add(numbers, samples)
            held.append(self.benchmark.holds(samples))
            order.append(numbers)
            latlon.extend(sample.latlon for sample in samples)
            for name, embedder in embedders.items():
                begun = time.perf_counter()
                part = embedder.grid(samples) if kind == "grid" else embedder.pooled(samples)
                seconds[name] += time.perf_counter() - begun
                numberless[name] &= not np.isfinite(part).any()
                made[name].add(part)
            if progress is not None:
                progress(sum(map(len, order)), count)
        read = np.concatenate(order) if order else np.zeros(0, dtype=np.int64)
        self._places = np.argsort(read, kind="stable")
        _check_complete(read[self._places], self.benchmark.numbers)
        self._latlon = np.array(latlon, dtype=np.float64)
        self.held, self._digest = np.concatenate(held)[self._places], digest.hexdigest()
        if self.held.any():
            _check_numbers(numberless)
        for name, vectors in made.items():
            self._take(name, kind, Kept(vectors.whole(), seconds[name]), new=True)

    def _found(self, name: str, kind: Kind) -> bool:
        """Whether vectors are kept already; they are taken then."""
        keeping = self._keeping
        identity = None if keeping is None else keeping.identities.get(name)
        if keeping is None or identity is None or not self._digest:
            return False
        kept = keeping.cache.find(identity, keeping.benchmark, self._digest, kind)
        if kept is not None:
            self._take(name, kind, kept)
        return kept is not None

    def _take(self, name: str, kind: Kind, found: Kept, new: bool = False) -> None:
        self._vectors[name, kind] = found.vectors
        self.seconds[name] += found.seconds
        identity = None if self._keeping is None else self._keeping.identities.get(name)
        if new and self._keeping is not None and identity is not None:
            self._keeping.cache.keep(identity, self._keeping.benchmark, self._digest, kind, found)

    def _at(self, numbers: np.ndarray) -> np.ndarray:
        """Where the vectors of some samples lie, in the order in which samples were read."""
        return self._places[np.searchsorted(self.benchmark.numbers, numbers)]


def _check_complete(read: np.ndarray, numbers: np.ndarray) -> None:
    """Refuse vectors that would stand for other samples than their own."""
    if not np.array_equal(read, numbers):
        raise DataError(
            f"the benchmark has {len(numbers)} samples with ascending numbers, and reads {len(read)}, "
            f"{len(np.setdiff1d(numbers, read))} of them missing",
            "its samples() yields each sample once; what cannot be read is an error or left out of labels and splits",
        )


def _check_numbers(numberless: Mapping[str, bool]) -> None:
    """Refuse what gives no vector at all: what is missing is filled in, and would score as chance does."""
    for name, is_so in numberless.items():
        if is_so:
            raise DataError(
                f"all vectors of {name} are NaN or infinite",
                "look whether its weights are numbers, and whether it takes any band that the samples hold; an encoder "
                "sees bands only where all that it embeds together are there: --benchmark.absent_bands=filled, where "
                "the benchmark has that",
            )


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

    def samples(self, rows: np.ndarray) -> list[SampleWindow]:
        """Some of the samples in stored units, in the order of their rows."""
        asked = self._numbers[rows]
        read: dict[int, SampleWindow] = {}
        for numbers, samples in self.benchmark.samples(asked, len(rows)):
            read.update(zip(numbers.tolist(), samples, strict=True))
        return [read[number] for number in asked.tolist()]


def parts_of(benchmark: Benchmark, embeddings: Embeddings, split: Split) -> LabelledSplit:
    """The sides of a split, as protocols see them."""
    train, test, validation = (
        None if side is None else Part(benchmark=benchmark, embeddings=embeddings, chosen=side)
        for side in (split.train, split.test, split.validation)
    )
    assert train is not None and test is not None
    facts = benchmark.facts
    return LabelledSplit(train=train, test=test, validation=validation, task=facts.task, classes=len(facts.classes))
