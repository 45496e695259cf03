"""Series of windows as single images, for models that know no time."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from attrs import frozen

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.stacked import check_units, stack_bands, window_cells
from spacenit_core.sensors.selection import SensorSet

OverTime = Literal["mean", "max"]
"""What becomes of the vectors of several dates."""

PooledBy = Literal["patches", "cls"]
"""Whether an image's vector is the mean of its patches, or its own token."""


@frozen(kw_only=True, eq=False)
class DatedImages:
    """The N dates of B samples on which anything is known.

    Attributes:
        values: sensor -> float32 ``[N, H*k, W*k, C]`` in stored units, 0 where unknown.
        known: sensor -> bool, like the values.
        rows: int64 ``[N]``, the sample of each, ascending.
        samples: how many samples there are.
        cells: height and width of the windows, in cells.
    """

    values: Mapping[str, np.ndarray]
    known: Mapping[str, np.ndarray]
    rows: np.ndarray
    samples: int
    cells: tuple[int, int]


def dated_images(
    samples: Sequence[SampleWindow],
    sensors: SensorSet,
    bands: Mapping[str, Sequence[str]],
    units: Mapping[str, str],
    model: str,
) -> DatedImages:
    """Cut B samples of one size into images; sensors of one date belong together.

    Args:
        samples: the samples.
        sensors: what is taken of them.
        bands: sensor -> the bands that are taken, in order.
        units: sensor -> the units that the model takes it in.
        model: its name, for errors.

    Raises:
        UserError: where windows differ in size, or values cannot be in those units.
    """
    height, width = window_cells(samples, sensors)
    dates = max(len(sample.timestamps) for sample in samples)
    taken = {}
    for spec in sensors:
        stacked = stack_bands(samples, spec, height, width)
        check_units(stacked, units[spec.name], model)
        taken[spec.name] = stacked.take(bands[spec.name])
    there = np.zeros((len(samples), dates), bool)
    for _, known in taken.values():
        there |= known.any(axis=(1, 2, 4))
    rows, steps = there.nonzero()
    return DatedImages(
        values={name: values[rows, :, :, steps] for name, (values, _) in taken.items()},
        known={name: known[rows, :, :, steps] for name, (_, known) in taken.items()},
        rows=rows,
        samples=len(samples),
        cells=(height, width),
    )
