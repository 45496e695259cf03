"""Windows of samples as arrays of named bands in stored units, for models that normalise by themselves."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.plausible import columns_of, find_misfit, zero_pixels
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec


@frozen(kw_only=True, eq=False)
class StackedBands:
    """One sensor of B samples.

    Attributes:
        spec: the sensor.
        values: float32 ``[B, H*k, W*k, T, C]`` in stored units, in the order of `spec.bands`; 0 where unknown. Without
            a grid H and W are 1, without time T is 1.
        known: bool, like the values: what samples, dates or pixels lack is unknown.
    """

    spec: SensorSpec
    values: np.ndarray
    known: np.ndarray

    def take(self, bands: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Values and known ``[..., len(bands)]`` of some bands, in that order.

        Raises:
            UserError: for a band that the sensor does not have.
        """
        absent = [band for band in bands if band not in self.spec.bands]
        if absent:
            raise UserError(
                f"{self.spec.name} has no band {absent[0]!r}", f"its bands are {', '.join(self.spec.bands)}"
            )
        channels = [self.spec.bands.index(band) for band in bands]
        return self.values[..., channels], self.known[..., channels]

    def normalized_difference(self, positive: str, negative: str) -> tuple[np.ndarray, np.ndarray]:
        """(a - b) / (a + b) of two bands ``[..., 1]``, 0 where the sum vanishes, and where both are known.

        Raises:
            UserError: for a band that the sensor does not have.
        """
        values, known = self.take((positive, negative))
        total = values.sum(axis=-1, keepdims=True)
        difference = values[..., :1] - values[..., 1:]
        index = np.divide(difference, total, out=np.zeros_like(total), where=total != 0)
        return index, np.logical_and(known[..., :1], known[..., 1:])


def stack_bands(samples: Sequence[SampleWindow], spec: SensorSpec, height: int, width: int) -> StackedBands:
    """Stack one sensor of B samples; series that are shorter than others end in unknown dates.

    A pixel is unknown where it is NaN or -99999, and where it is 0 in all bands of a sensor whose zeros mean that.

    Args:
        samples: the samples.
        spec: the sensor; samples may lack it.
        height: of all windows, in cells.
        width: likewise.
    """
    dates = max(len(sample.timestamps) for sample in samples) if spec.temporal else 1
    k = spec.pixels_per_cell if spec.spatial else 1
    grid = (height * k, width * k) if spec.spatial else (1, 1)
    values = np.zeros((len(samples), *grid, dates, len(spec.bands)), np.float32)
    known = np.zeros(values.shape, bool)
    for number, sample in enumerate(samples):
        given = sample.bands.get(spec.name)
        if given is None or not given.size:
            continue
        placed = given.reshape(*grid, -1, len(spec.bands))
        there = _known(placed, spec)
        steps = np.flatnonzero(sample.present[spec.name]) if spec.temporal else np.zeros(1, np.intp)
        values[number][:, :, steps] = np.where(there, placed, 0)
        known[number][:, :, steps] = there
    return StackedBands(spec=spec, values=values, known=known)


def window_cells(samples: Sequence[SampleWindow], sensors: SensorSet) -> tuple[int, int]:
    """Height and width of the samples' windows in cells; 1 and 1 where no sensor has a grid.

    Raises:
        UserError: where windows differ in size.
    """
    found = {_cells(sample, sensors) for sample in samples} - {None}
    if len(found) > 1:
        listed = ", ".join(f"{cells[0]} x {cells[1]}" for cells in sorted(filter(None, found)))
        raise UserError(f"the windows of one batch differ in size: {listed} cells", "give windows of one size")
    return found.pop() or (1, 1) if found else (1, 1)


def stack_months(samples: Sequence[SampleWindow]) -> np.ndarray:
    """The month of each date, int64 ``[B, T]`` from 0; shorter series repeat their last date."""
    dates = max(len(sample.timestamps) for sample in samples)
    rows = [np.minimum(np.arange(dates), len(sample.timestamps) - 1) for sample in samples]
    return np.stack([sample.timestamps[row, 1] for sample, row in zip(samples, rows, strict=True)]).astype(np.int64)


def check_units(stacked: StackedBands, units: str, model: str) -> None:
    """Refuse what is in other units than a model takes: by what the sensor says, and by the numbers themselves.

    Args:
        stacked: a sensor of some samples.
        units: what the model takes, in the words of `SensorSpec.units`.
        model: its name.

    Raises:
        UserError: where the units are others, or the numbers cannot be in them.
    """
    spec = stacked.spec
    require_units(spec, units, model)
    found = find_misfit(spec, columns_of(stacked.values, stacked.known))
    if found is not None and found.certain:
        raise UserError(f"{model} takes {spec.name} in {units}, but its pixels {found.what}", found.guess or None)


def require_units(spec: SensorSpec, units: str, model: str) -> None:
    """Refuse a sensor that says it is in other units than a model takes.

    Raises:
        UserError: where it does.
    """
    if spec.units != units:
        raise UserError(f"{model} takes {spec.name} in {units}, not in {spec.units or 'units that nothing states'}")


def _known(values: np.ndarray, spec: SensorSpec) -> np.ndarray:
    there = np.isfinite(values) & (values != NODATA)
    zeros = zero_pixels(spec, values)
    return there if zeros is None else there & ~zeros[..., None]


def _cells(sample: SampleWindow, sensors: SensorSet) -> tuple[int, int] | None:
    for spec in sensors:
        if spec.spatial and spec.name in sample.bands:
            height, width = sample.bands[spec.name].shape[:2]
            return height // spec.pixels_per_cell, width // spec.pixels_per_cell
    return None
