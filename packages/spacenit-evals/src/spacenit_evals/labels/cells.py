"""Labelled cells as they are found, source by source."""

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from attrs import define, field, fields, frozen

from spacenit_core.rng import generator
from spacenit_evals.labels.locations import SampleLocations


@frozen(eq=False)
class Cells:
    """n labels of cells; a cell may have several.

    Attributes:
        code: int64 ``[n]``, the codes of their classes.
        sample: int32 ``[n]``, numbers of the samples.
        row: int32 ``[n]``, and
        column: int32 ``[n]``: where in the samples.
        draw: float64 ``[n]``, a random number from 0 to 1 for each cell; where there are too many, the lowest stay.
    """

    code: np.ndarray
    sample: np.ndarray
    row: np.ndarray
    column: np.ndarray
    draw: np.ndarray

    def __len__(self) -> int:
        return len(self.code)

    def take(self, chosen: np.ndarray) -> "Cells":
        """Some of the labels, by bool ``[n]`` or by their numbers."""
        return Cells(*(getattr(self, field.name)[chosen] for field in fields(Cells)))

    def lowest(self, most: int | None) -> "Cells":
        """The labels of so many cells at most, those with the lowest draws, in the order in which they stand."""
        if most is None or len(self) <= most:
            return self
        draws = np.unique(self.draw)
        return self if len(draws) <= most else self.take(self.draw <= draws[most - 1])

    def settled(self) -> tuple["Cells", int, int]:
        """One label for each cell: the one that most of its labels are; where none is, the cell has no label.

        Returns:
            The cells, how many had labels of several classes, and how many of these are left out.
        """
        _, first, cell = np.unique(self._keys(), return_index=True, return_inverse=True)
        if len(first) == len(self):
            return self, 0, 0
        codes, code = np.unique(self.code, return_inverse=True)
        pairs, number, votes = np.unique(
            cell.reshape(-1) * len(codes) + code.reshape(-1), return_index=True, return_counts=True
        )
        owner = pairs // len(codes)
        most = np.zeros(len(first), np.int64)
        np.maximum.at(most, owner, votes)
        leading = votes == most[owner]
        alone = np.bincount(owner[leading], minlength=len(first)) == 1
        several = np.bincount(owner, minlength=len(first)) > 1
        chosen = np.sort(number[leading & alone[owner]])
        return self.take(chosen), int(several.sum()), int((~alone).sum())

    def _keys(self) -> np.ndarray:
        """A number for each cell, int64 ``[n]``."""
        return (self.sample.astype(np.int64) << 32) | (self.row.astype(np.int64) << 16) | self.column

    @classmethod
    def joined(cls, parts: Sequence["Cells"]) -> "Cells":
        """The labels of several parts, one after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Cells)))


_NONE = np.zeros(0, np.int32)
NO_CELLS = Cells(code=_NONE.astype(np.int64), sample=_NONE, row=_NONE, column=_NONE, draw=np.zeros(0))
"""No cell at all."""


@define
class Gathered:
    """The labels of one file, thinned at random while they come in, so that memory does not grow with their number.

    A cell is kept with all of its labels or with none, and the same cells are kept of every file.

    Attributes:
        tile_size: cells along one side of a sample.
        most: the most cells that are kept; None for all.
        found: how many labels came in.
        codes: their classes.
    """

    tile_size: int
    most: int | None = None
    found: int = 0
    codes: set[int] = field(factory=set)
    _parts: list[Cells] = field(factory=list, init=False)
    _bound: float = field(default=1.0, init=False)
    _full: int = field(default=0, init=False)

    def add(self, code: np.ndarray, sample: np.ndarray, row: np.ndarray, column: np.ndarray) -> None:
        """Take labels in."""
        self.found += len(code)
        self.codes.update(np.unique(code).tolist())
        draw = _draws(sample, row, column, self.tile_size) if self.most is not None else np.zeros(len(code))
        self._parts.append(Cells(code, sample, row, column, draw).take(draw <= self._bound))
        if self.most is not None and sum(map(len, self._parts)) > max(2 * self.most, self._full):
            kept = self.cells
            self._parts, self._bound, self._full = [kept], float(kept.draw.max()), 2 * len(kept)

    @property
    def cells(self) -> Cells:
        """What is kept."""
        return Cells.joined([NO_CELLS, *self._parts]).lowest(self.most)


def _draws(sample: np.ndarray, row: np.ndarray, column: np.ndarray, tile_size: int) -> np.ndarray:
    """A random number from 0 to 1 for each cell, float64 ``[n]``."""
    out = np.empty(len(sample))
    order = np.argsort(sample, kind="stable")
    numbers, starts = np.unique(sample[order], return_index=True)
    for number, here in zip(numbers, np.split(order, starts[1:]), strict=False):
        draws = generator(0, "labelled cells", int(number)).random((tile_size, tile_size))
        out[here] = draws[row[here], column[here]]
    return out


@frozen(kw_only=True)
class Choice:
    """Which labels are asked for.

    Attributes:
        ignore: codes and names of classes that mean "no label"; None for what the kind of file means by itself.
        attribute: which attribute of polygons holds the class; None for the only one.
    """

    ignore: Collection[int | str] | None = None
    attribute: str | None = None

    def ignored(self, names: dict[int, str], otherwise: Collection[int] = (), *, worded: bool = False) -> set[int]:
        """The codes that mean "no label".

        Args:
            names: the names of codes that have one.
            otherwise: the codes where nothing was asked for.
            worded: whether the classes are words, and the codes numbers that the file itself does not know.
        """
        if self.ignore is None:
            return set(otherwise)
        texts = {str(item) for item in self.ignore if worded or isinstance(item, str)}
        numbers = {item for item in self.ignore if isinstance(item, int) and not worded}
        return numbers | {code for code, name in names.items() if name in texts}


@frozen(kw_only=True)
class Reading:
    """What one source of labels holds of the samples.

    Attributes:
        cells: the labelled cells; one may have several labels.
        found: how many labels there were before they were thinned.
        given: their codes.
        names: names of codes that have one.
        seen: the codes that lie in or near the samples, the ignored ones included.
        ignored: those that mean "no label".
        worded: whether the classes are words, and the codes numbers that the file itself does not know.
        remarks: what was guessed of the file.
    """

    cells: Cells
    found: int
    given: frozenset[int] = frozenset()
    names: dict[int, str] = field(factory=dict)
    seen: frozenset[int] = frozenset()
    ignored: frozenset[int] = frozenset()
    worded: bool = False
    remarks: tuple[str, ...] = ()


class Source(Protocol):
    """A file with labels."""

    def read(self, locations: SampleLocations, tile_size: int, gathered: Gathered) -> Reading:
        """Find what it labels in the samples; the cells come out by way of `gathered`."""
        ...
