"""Which dates of a longer series are kept, where an encoder takes no more than so many."""

from typing import Literal

import numpy as np
from attrs import define, evolve

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

DateRule = Literal["last", "first", "spread"]
"""``last`` and ``first`` keep dates in a row, from the end or the beginning of what the sample holds; ``spread`` those
that lie evenly among the dates with an image."""


@define
class DateCut:
    """Cuts series that are longer than an encoder takes, and counts what it cut.

    Attributes:
        limit: the most dates; None for no limit.
        rule: which are kept.
        longest: dates of the longest series seen.
        cut: samples whose series was cut.
    """

    limit: int | None
    rule: DateRule = "last"
    longest: int = 0
    cut: int = 0

    def __call__(self, window: SampleWindow, sensors: SensorSet) -> SampleWindow:
        """The window with `limit` dates at most."""
        dates = len(window.timestamps)
        self.longest = max(self.longest, dates)
        if self.limit is None or dates <= self.limit:
            return window
        self.cut += 1
        masks = [window.present[name] for name in window.present if sensors[name].temporal]
        return _with_steps(window, sensors, chosen_steps(masks, dates, self.limit, self.rule))

    def forget(self) -> None:
        """Count from the beginning."""
        self.longest = self.cut = 0

    def __str__(self) -> str:
        which = {"last": "the last", "first": "the first"}.get(self.rule, "evenly spread")
        return f"{which} {self.limit} of up to {self.longest} dates, in {self.cut} samples"


def chosen_steps(masks: list[np.ndarray], dates: int, limit: int, rule: DateRule) -> np.ndarray:
    """The steps that are kept of a series, int64, ascending, at most `limit`.

    Args:
        masks: bool ``[dates]`` for each sensor with time: the steps that it holds.
        dates: steps of the series.
        limit: the most to keep.
        rule: which.
    """
    present = np.logical_or.reduce(masks) if masks else np.ones(dates, dtype=bool)
    steps = np.flatnonzero(present) if present.any() else np.arange(dates)
    if rule == "spread":
        spread = np.round(np.linspace(0, len(steps) - 1, min(limit, len(steps)))).astype(np.int64)
        return steps[np.unique(spread)]
    # Months without an image at either end are not counted, as in training.
    first, stop = int(steps[0]), int(steps[-1]) + 1
    if rule == "last":
        first = max(first, stop - limit)
    return np.arange(first, min(stop, first + limit))


def _with_steps(window: SampleWindow, sensors: SensorSet, steps: np.ndarray) -> SampleWindow:
    bands, present = dict(window.bands), dict(window.present)
    for name, there in window.present.items():
        if sensors[name].temporal:
            stored = np.cumsum(there) - 1
            bands[name] = np.take(window.bands[name], stored[steps[there[steps]]], axis=-2)
            present[name] = there[steps]
    return evolve(window, bands=bands, present=present, timestamps=window.timestamps[steps])
