"""Labelled cells as they are found, source by source."""

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from attrs import define, field, fields, frozen

from spacenit_core.rng import generator
from spacenit_evals.labels.places import Places


@frozen(eq=False)
class Cells:
    """n labelled cells.

    Attributes:
        code: int64 ``[n]``, the codes of their classes.
        sample: int32 ``[n]``, numbers of the samples.
        row: int32 ``[n]``, and
        column: int32 ``[n]``: where in the samples.
        draw: float64 ``[n]``, a random number from 0 to 1 each; where there are too many, the lowest stay.
    """

    code: np.ndarray
    sample: np.ndarray
    row: np.ndarray
    column: np.ndarray
    draw: np.ndarray

    def __len__(self) -> int:
        return len(self.code)

    def take(self, chosen: np.ndarray) -> "Cells":
        """Some of the cells, by bool ``[n]`` or by their numbers."""
        return Cells(*(getattr(self, field.name)[chosen] for field in fields(Cells)))

    def lowest(self, most: int | None) -> "Cells":
        """So many cells at most, those with the lowest draws, in the order in which they stand."""
        if most is None or len(self) <= most:
            return self
        return self.take(np.sort(np.argpartition(self.draw, most - 1)[:most]))

    @classmethod
    def joined(cls, parts: Sequence["Cells"]) -> "Cells":
        """The cells of several parts, one after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Cells)))


_NONE = np.zeros(0, np.int32)
NO_CELLS = Cells(code=_NONE.astype(np.int64), sample=_NONE, row=_NONE, column=_NONE, draw=np.zeros(0))
"""No cell at all."""


@define
class Gathered:
    """The cells of one file, thinned at random while they come in, so that memory does not grow with their number.

    Attributes:
        number: the file's, which the draws are keyed by.
        most: the most cells that are kept; None for all.
        found: how many came in.
    """

    number: int
    most: int | None = None
    found: int = 0
    _parts: list[Cells] = field(factory=list, init=False)
    _bound: float = field(default=1.0, init=False)

    def add(self, code: np.ndarray, sample: np.ndarray, row: np.ndarray, column: np.ndarray, *key: int) -> None:
        """Take cells in; `key` tells them from the other cells of the file."""
        self.found += len(code)
        draw = generator(0, "labelled cells", self.number, *key).random(len(code))
        self._parts.append(Cells(code, sample, row, column, draw).take(draw < self._bound))
        if self.most is not None and sum(map(len, self._parts)) > 2 * self.most:
            kept = self.cells
            self._parts, self._bound = [kept], float(kept.draw.max())

    @property
    def cells(self) -> Cells:
        """What is kept."""
        return Cells.joined([NO_CELLS, *self._parts]).lowest(self.most)


@frozen(kw_only=True)
class Choice:
    """Which labels are asked for.

    Attributes:
        ignore: codes and names of classes that mean "no label"; None for what the kind of file means by itself.
        attribute: which attribute of polygons holds the class; None for the only one.
    """

    ignore: Collection[int | str] | None = None
    attribute: str | None = None

    def ignored(self, names: dict[int, str], otherwise: Collection[int] = ()) -> set[int]:
        """The codes that mean "no label".

        Args:
            names: the names of codes that have one.
            otherwise: the codes where nothing was asked for.
        """
        if self.ignore is None:
            return set(otherwise)
        texts = {item for item in self.ignore if isinstance(item, str)}
        return {item for item in self.ignore if isinstance(item, int)} | {
            code for code, name in names.items() if name in texts
        }


@frozen(kw_only=True)
class Reading:
    """What one source of labels holds of the samples.

    Attributes:
        cells: the labelled cells.
        found: how many there were before they were thinned.
        names: names of codes that have one.
        seen: the codes that lie in or near the samples, the ignored ones included.
        ignored: those that mean "no label".
        worded: whether the classes are words, and the codes numbers that the file itself does not know.
    """

    cells: Cells
    found: int
    names: dict[int, str] = field(factory=dict)
    seen: frozenset[int] = frozenset()
    ignored: frozenset[int] = frozenset()
    worded: bool = False


class Source(Protocol):
    """A file with labels."""

    def read(self, places: Places, tile_size: int, gathered: Gathered) -> Reading:
        """Find what it labels in the samples; the cells come out by way of `gathered`."""
        ...
