"""Whether images of the same ground differ by the offset that some of a sensor's products hold, and others do not."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from attrs import Factory, define

from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.rasters.offsets import all_above, dark_values, find_step
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.shared_grids import common_area

_FEWEST = 20
"""Pixels of a date from which on it is looked at."""

_SAME_GROUND = 0.5
"""Share of the larger of two images that both show, from which on they may be compared."""


@define
class _GroundSeries:
    """Images of one sensor that show the same ground: date -> channel -> values."""

    spec: SensorSpec
    dates: dict[dt.date, dict[int, list[np.ndarray]]] = Factory(dict)

    def dark(self) -> dict[dt.date, np.ndarray]:
        found = {}
        for day, channels in self.dates.items():
            columns = [np.concatenate([np.zeros(0), *channels.get(c, ())]) for c in range(len(self.spec.bands))]
            if max(values.size for values in columns) >= _FEWEST:
                found[day] = dark_values(columns)
        return found


@define
class DarkSeries:
    """Collects some pixels of all images of sensors whose products may hold an offset."""

    _series: dict[str, list[_GroundSeries]] = Factory(lambda: defaultdict(list))
    _boxes: dict[str, list[tuple[float, float, float, float]]] = Factory(lambda: defaultdict(list))

    def add(self, raster: Raster, columns: Mapping[int, np.ndarray]) -> None:
        """Take in some pixels of a file.

        Args:
            raster: the file.
            columns: channel -> known values, in the sensor's units.
        """
        if raster.date is None or not raster.sensor.product_offset:
            return
        channels = self._series_of(raster).dates.setdefault(raster.date, defaultdict(list))
        for channel, values in columns.items():
            channels[channel].append(values)

    def notes(self) -> list[str]:
        """What is to be said, once for each sensor."""
        found: dict[str, str] = {}
        for name, all_series in self._series.items():
            for series in all_series:
                note = offset_note(series.spec, series.dark())
                if note:
                    found.setdefault(name, note)
        return list(found.values())

    def _series_of(self, raster: Raster) -> _GroundSeries:
        all_series, boxes = self._series[raster.sensor.name], self._boxes[raster.sensor.name]
        west, south, east, north = raster.bounds
        if boxes:
            others = np.array(boxes)
            sizes = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
            shares = common_area(raster.bounds, others) / np.maximum(sizes, (east - west) * (north - south))
            if shares.max() >= _SAME_GROUND:
                return all_series[int(shares.argmax())]
        all_series.append(_GroundSeries(raster.sensor))
        boxes.append(raster.bounds)
        return all_series[-1]


def offset_note(spec: SensorSpec, dark: dict[dt.date, np.ndarray]) -> str:
    """What to say of an offset that some dates of a series, or all, seem to hold; empty where none is seen.

    Args:
        spec: the sensor.
        dark: date -> how dark the darkest pixels of each band are.
    """
    lifted, usual = find_step(spec, dark), spec.product_offset
    if lifted:
        dates = ", ".join(map(str, lifted[:3])) + (f" and {len(lifted) - 3} more" if len(lifted) > 3 else "")
        return (
            f"{spec.name}: the darkest pixels of {dates} lie about {usual:g} above those of the other "
            f"{len(dark) - len(lifted)} dates in all bands, as if products with and without an offset were mixed; "
            f"nothing was subtracted: --offset {-usual:g}@{lifted[0]}.. does so from that day on"
        )
    if all_above(spec, dark):
        return (
            f"{spec.name}: no band has pixels darker than {usual:g}, as in products that hold an offset of that size; "
            f"nothing was subtracted: --offset {-usual:g} does so"
        )
    return ""
