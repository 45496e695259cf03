"""Samples of several sensors, each on its own dates."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np
from attrs import frozen

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_evals.benchmarks.dense.source import DenseSource, SensorImages
from spacenit_evals.benchmarks.folder.config import INVENTED_DATE
from spacenit_evals.benchmarks.labelled_rasters.dates import DateCut
from spacenit_evals.benchmarks.series.months import dates_of, means_at


@frozen(kw_only=True, eq=False)
class DenseWindows:
    """The samples of a set as models get them.

    Attributes:
        source: reads the set.
        handed: stored sensor -> the sensor that it is handed on as.
        sensors: what models get, in their bands and order.
        max_timesteps: the most dates; of more, so many are kept that lie evenly among them.
    """

    source: DenseSource
    handed: Mapping[str, str]
    sensors: SensorSet
    max_timesteps: int | None

    def sample(self, number: int) -> SampleWindow:
        """One sample in the units of the sensors.

        Raises:
            DataError: where it cannot be read.
        """
        found = self.source.images(number, tuple(self.handed))
        images = {self.handed[stored]: image for stored, image in found.items()}
        window = sample_window(number, images, self.sensors, self.source.location(number))
        return DateCut(self.max_timesteps, "spread")(window, self.sensors)


def invented_days() -> np.ndarray:
    """What stands for the day that a set does not state, datetime64 ``[1]``."""
    return days_of([INVENTED_DATE])


def days_of(days: Iterable[date]) -> np.ndarray:
    """As an array, datetime64 ``[T]``."""
    return np.array(list(days), dtype="datetime64[D]")


def sample_window(
    index: int, images: Mapping[str, SensorImages], sensors: SensorSet, location: tuple[float, float]
) -> SampleWindow:
    """One sample of several sensors.

    Several images of a sensor on one day are averaged.

    Args:
        index: the sample's number.
        images: by names of `sensors`; those of which there are none are left out.
        sensors: in whose bands and order the sample is.
        location: latitude and longitude.
    """
    dated = [found.days for name, found in images.items() if sensors[name].temporal]
    series = np.unique(np.concatenate(dated)) if dated else invented_days()
    bands, present = {}, {}
    for name, found in images.items():
        spec = sensors[name]
        days = series if spec.temporal else np.unique(found.days)[:1]
        values, there = means_at(np.moveaxis(found.values, 2, 0), np.searchsorted(days, found.days), len(days))
        bands[name] = _ordered(np.moveaxis(values, 0, 2), found.bands, spec.bands)
        present[name] = there
    return SampleWindow(
        index=index,
        bands=bands,
        present=present,
        timestamps=dates_of(series),
        latlon=np.array(location, dtype=np.float32),
    )


def _ordered(values: np.ndarray, bands: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
    """Float32 in the order of the wanted bands, -99999 for those that are not there."""
    out = np.full((*values.shape[:-1], len(wanted)), NODATA, np.float32)
    for place, band in enumerate(wanted):
        if band in bands:
            out[..., place] = values[..., bands.index(band)]
    return out
