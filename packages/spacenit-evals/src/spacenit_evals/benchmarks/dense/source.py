"""What a reader of some layout knows of a set, and gives of its samples."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from attrs import field, frozen

from spacenit_core.kinds.benchmarks import Draw, Split

TRAIN, VALIDATION, TEST, UNUSED = 0, 1, 2, -1
"""Sides of a split."""


@frozen(kw_only=True, eq=False)
class SensorImages:
    """Images of one sensor.

    Attributes:
        values: ``[H, W, T, C]`` in units of the sensor; NaN or -99999 where a pixel is missing.
        bands: the sensor's names of the C bands, in any order; bands that it has besides are missing.
        days: datetime64 ``[T]``, in any order.
    """

    values: np.ndarray
    bands: tuple[str, ...]
    days: np.ndarray


@frozen(kw_only=True, eq=False)
class SourceFacts:
    """What is known of a set once it is open.

    Attributes:
        layout: which layout was found, in words.
        digest: tells data and labels from others.
        classes: names by label; the target's where something is regressed.
        codes: numbers of the classes in the files; 0 to C - 1 if empty.
        groups: int ``[n]``: samples of one number are alike.
        group: what such samples share; empty where nothing is known of it.
        draws: divisions of the samples.
        size: pixels of a sample's labels, height and width.
        cells: the same of its inputs, where labels are finer.
        dates: the first and the last day; None where none is known.
        dates_invented: whether one date stands for all.
        told: what a reader of a report needs to repeat it.
        said: what became of samples and inputs.
    """

    layout: str
    digest: str
    classes: tuple[str, ...]
    groups: np.ndarray
    group: str
    draws: tuple[Draw, ...]
    size: tuple[int, int]
    cells: tuple[int, int] | None = None
    codes: tuple[int, ...] = ()
    dates: tuple[str, str] | None = None
    dates_invented: bool = False
    told: Mapping[str, object] = field(factory=dict)
    said: Mapping[str, object] = field(factory=dict)


class DenseSource(Protocol):
    """n images with a label for each pixel."""

    @property
    def facts(self) -> SourceFacts:
        """What is known of it."""
        ...

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """A sample's images by the stored sensors; without those of which it has none.

        Raises:
            DataError: where a file is absent, damaged or lacks a band.
        """
        ...

    def label(self, number: int) -> np.ndarray:
        """The labels of a sample's pixels ``[H, W]``: int, -1 where there is none, or float with NaN there.

        Raises:
            DataError: where they cannot be read, or are none of the classes.
        """
        ...

    def location(self, number: int) -> tuple[float, float]:
        """Latitude and longitude of a sample's centre; NaN where it is not known."""
        ...


def published_split(sides: np.ndarray) -> tuple[Draw, ...]:
    """The one split that a publisher's sides (int ``[n]``) make."""
    validation = sides == VALIDATION
    return ((Split(sides == TRAIN, sides == TEST, validation if validation.any() else None),),)
