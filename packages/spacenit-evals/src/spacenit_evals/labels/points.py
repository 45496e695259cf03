"""Labelled cells of samples."""

from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from spacenit_evals.labels.locations import SampleLocations


@frozen(kw_only=True, eq=False)
class LabelledPoints:
    """n labelled points, each in the cell of a sample.

    Attributes:
        sample: int ``[n]``, number of the sample that each lies in.
        row: int ``[n]``, cell row in the sample.
        column: int ``[n]``, cell column in the sample.
        label: int ``[n]``, index into `codes`.
        codes: the label codes that occur, ascending.
        locations: where the samples lie.
        names: of codes that have one.
        found: how many labelled points there are; more than n where they were drawn from.
        remarks: what was guessed of the labels, and what became of those that contradict each other.
    """

    sample: np.ndarray
    row: np.ndarray
    column: np.ndarray
    label: np.ndarray
    codes: tuple[int, ...]
    locations: SampleLocations
    names: dict[int, str] = field(factory=dict)
    found: int = 0
    remarks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.label)

    @property
    def crs(self) -> np.ndarray:
        """The reference system of each point's sample, text ``[n]``."""
        return self.locations.crs[self.locations.of(self.sample)]

    @property
    def x(self) -> np.ndarray:
        """Easting of the middle of each point's cell in metres, float64 ``[n]``, in the sample's reference system."""
        location = self.locations.of(self.sample)
        return self.locations.left[location] + (self.column + 0.5) * self.locations.gsd[location]

    @property
    def y(self) -> np.ndarray:
        """Northing of the middle of each point's cell in metres, float64 ``[n]``."""
        location = self.locations.of(self.sample)
        return self.locations.top[location] - (self.row + 0.5) * self.locations.gsd[location]

    def take(self, chosen: np.ndarray) -> "LabelledPoints":
        """Some of the points, by bool ``[n]`` or by their numbers; classes that none of them has are gone."""
        kept, label = np.unique(self.label[chosen], return_inverse=True)
        parts: dict[str, Any] = {name: getattr(self, name)[chosen] for name in ("sample", "row", "column")}
        codes = tuple(self.codes[number] for number in kept)
        return evolve(self, **parts, label=label.reshape(-1), codes=codes)
