"""What the pixels of a sensor say about their units, zeros and offsets."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from attrs import Factory, define

from spacenit_core.sensors.plausible import zero_pixels
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.unit_mismatches import find_in_images, lifted_dates, say
from spacenit_data.validate.problems import Problem, ProblemTable

_SHARE = 0.2
"""Share of a sensor's series from which on a step between dates is no chance."""


def image_problems(spec: SensorSpec, values: np.ndarray, file: str) -> Iterator[Problem]:
    """Problems of one sample's array.

    Args:
        spec: its sensor.
        values: ``[H, W, S, C]``, ``[S, C]`` or ``[C]``; -99999 or NaN is missing.
        file: the name of its file.
    """
    mismatch = find_in_images(spec, values)
    if mismatch is not None:
        yield Problem("units" if mismatch.certain else "odd-units", file, f"{spec.name}: {say(mismatch)}")
    zeros = zero_pixels(spec, values)
    if zeros is not None:
        yield Problem("zeros", file, f"{spec.name}: {zeros.mean():.2g} of its pixels")


def first_lifted(spec: SensorSpec, values: np.ndarray, days: Sequence[dt.date]) -> str | None:
    """The first date of a series that holds an offset which others do not, empty where none does.

    None for what is no series, or of a sensor without such products.
    """
    if not spec.product_offset or values.ndim != 4 or len(days) != values.shape[2] or len(days) < 2:
        return None
    lifted = lifted_dates(spec, values, days)
    return str(lifted[0]) if lifted else ""


@define
class Steps:
    """Series whose dates differ by an offset, counted over a set."""

    series: Counter[str] = Factory(Counter)
    lifted: dict[str, Counter[str]] = Factory(dict)
    files: dict[str, str] = Factory(dict)

    def add(self, sensor: str, first: str | None, file: str) -> None:
        """Count one series, by what `first_lifted` said of it."""
        if first is None:
            return
        self.series[sensor] += 1
        if first:
            self.lifted.setdefault(sensor, Counter())[first] += 1
            self.files.setdefault(sensor, file)

    def report(self, problems: ProblemTable) -> None:
        """One problem for each sensor that has many of them."""
        for sensor, dates in self.lifted.items():
            count = dates.total()
            if count >= _SHARE * self.series[sensor]:
                day = dates.most_common(1)[0][0]
                what = f"{sensor}: {count} of {self.series[sensor]} series, most from {day} on"
                problems.add(Problem("offset", self.files[sensor], what))
