"""Sides of a split whose vectors are transformed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from attrs import evolve, frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import Labels, Rows
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledPart, LabelledSplit
from spacenit_core.rng import generator
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals.vectors.transforms.transform import FitsTransform, InTurn

_FITTED = 50_000
"""Vectors that a transform of patches is learnt from, at most."""

_BATCH = 256
"""Samples whose patches are read at a time."""


class TransformsOfSplit:
    """Transforms that are learnt from the training side when they are first asked for.

    Args:
        train: the training side.
        steps: what learns them.
        centre: whether a sample's vector is that of the patch in its middle, ``[h // 2, w // 2]``.
    """

    def __init__(self, train: LabelledPart, steps: tuple[FitsTransform, ...], centre: bool) -> None:
        self.train, self.steps, self.centre = train, steps, centre
        self._learnt: dict[tuple[int, bool], InTurn] = {}

    @property
    def remark(self) -> str:
        """What a reader should know of those that were learnt."""
        return "; ".join(dict.fromkeys(learnt.remark for learnt in self._learnt.values() if learnt.remark))

    def of_samples(self, embedder: Embedder) -> InTurn:
        """That of the samples' vectors."""
        return self._of(embedder, False, lambda: self.vectors(self.train, embedder))

    def of_patches(self, embedder: Embedder) -> InTurn:
        """That of the patches' vectors."""
        return self._of(embedder, True, lambda: _some_vectors(self.train.grid(embedder)))

    def vectors(self, part: LabelledPart, embedder: Embedder) -> np.ndarray:
        """The samples' vectors as they are, float32 ``[m, D]``."""
        return _middles(part.grid(embedder)) if self.centre else part.pooled(embedder)

    def _of(self, embedder: Embedder, of_patches: bool, vectors: Callable[[], np.ndarray]) -> InTurn:
        key = (id(embedder), of_patches)
        if key not in self._learnt:
            self._learnt[key] = InTurn(self.steps, vectors())
        return self._learnt[key]


@frozen(kw_only=True, eq=False)
class TransformedPart:
    """One side of a split; implements `LabelledPart`.

    Attributes:
        part: the side as it is.
        transforms: those of the split.
    """

    part: LabelledPart
    transforms: TransformsOfSplit

    @property
    def labels(self) -> Labels:
        """Of each sample."""
        return self.part.labels

    @property
    def groups(self) -> np.ndarray:
        """Int ``[m]``."""
        return self.part.groups

    def pooled(self, embedder: Embedder) -> np.ndarray:
        """One vector for each sample, float32 ``[m, D']``."""
        return self.transforms.of_samples(embedder)(self.transforms.vectors(self.part, embedder))

    def grid(self, embedder: Embedder) -> "TransformedGrid":
        """One vector for each patch, float32 ``[m, h, w, D']``."""
        return TransformedGrid(self.part.grid(embedder), self.transforms.of_patches(embedder))

    def batches(self, batch_size: int) -> Iterator[tuple[list[SampleWindow], np.ndarray]]:
        """Refused: what trains on samples never sees vectors.

        Raises:
            UserError: always.
        """
        raise self._refusal()

    def samples(self, rows: np.ndarray) -> list[SampleWindow]:
        """Refused likewise."""
        raise self._refusal()

    def _refusal(self) -> UserError:
        return UserError(
            "vectors are transformed, and this protocol trains on the samples themselves",
            "judge it without the transform, or choose a protocol on frozen vectors",
        )


class TransformedGrid:
    """Vectors of patches that are transformed when they are indexed; implements `Rows`.

    Args:
        grid: float ``[m, h, w, D]``.
        transform: what becomes of them.
    """

    dtype: np.dtype[Any] = np.dtype(np.float32)
    ndim = 4

    def __init__(self, grid: np.ndarray | Rows, transform: InTurn) -> None:
        self._grid, self._transform = grid, transform

    @property
    def shape(self) -> tuple[int, ...]:
        """``(m, h, w, D')``."""
        return (*self._grid.shape[:3], self._transform.size)

    def __len__(self) -> int:
        return len(self._grid)

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        """Those of some samples, float32 ``[k, h, w, D']``."""
        here = self._grid[numbers]
        return self._transform(here.reshape(-1, here.shape[-1])).reshape(*here.shape[:-1], self._transform.size)


def transformed(split: LabelledSplit, transforms: TransformsOfSplit) -> LabelledSplit:
    """A split whose sides' vectors are transformed."""
    train, test = (TransformedPart(part=side, transforms=transforms) for side in (split.train, split.test))
    held_out = None if split.validation is None else TransformedPart(part=split.validation, transforms=transforms)
    return evolve(split, train=train, test=test, validation=held_out)


def _middles(grid: np.ndarray | Rows) -> np.ndarray:
    row, column = grid.shape[1] // 2, grid.shape[2] // 2
    starts = range(0, len(grid), _BATCH)
    found = [grid[np.arange(start, min(start + _BATCH, len(grid)))][:, row, column] for start in starts]
    return np.concatenate(found) if found else np.zeros((0, grid.shape[3]), dtype=np.float32)


def _some_vectors(grid: np.ndarray | Rows) -> np.ndarray:
    """The vectors of all patches of some samples, ``[n, D]``; patches that hold nothing are left out."""
    count = min(len(grid), max(1, _FITTED // (grid.shape[1] * grid.shape[2])))
    chosen = np.sort(generator(0, "samples to learn a transform from").permutation(len(grid))[:count])
    vectors = grid[chosen].reshape(-1, grid.shape[3])
    return vectors[np.isfinite(vectors).any(axis=1)]
