"""Series of points, in memory."""

import hashlib
from collections.abc import Mapping

import numpy as np
from attrs import frozen

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec


@frozen(kw_only=True, eq=False)
class PointSeries:
    """Series of n points of one pixel; implements `SampleSource`.

    Attributes:
        sensors: of the pixels.
        bands: sensor -> float32 ``[n, T, C]`` in its units, -99999 where a number is missing; ``[n, C]`` of a sensor
            without time.
        dates: int ``[n, T, 3]``: day, month from 0, year.
        lat: degrees, float ``[n]``.
        lon: degrees, float ``[n]``.
        temperatures: of the air in kelvin, float64 ``[n, T]``, where known; NaN where a number is missing.
    """

    sensors: SensorSet
    bands: Mapping[str, np.ndarray]
    dates: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    temperatures: np.ndarray | None = None

    def take(self, chosen: np.ndarray) -> "PointSeries":
        """Some of the points, by bool ``[n]`` or their numbers."""
        return PointSeries(
            sensors=self.sensors,
            bands={name: values[chosen] for name, values in self.bands.items()},
            dates=self.dates[chosen],
            lat=self.lat[chosen],
            lon=self.lon[chosen],
            temperatures=None if self.temperatures is None else self.temperatures[chosen],
        )

    def sample(self, number: int) -> SampleWindow:
        """One point, as a window of one cell."""
        bands = {spec.name: _window(self.bands[spec.name][number], spec) for spec in self.sensors}
        steps = {spec.name: len(self.dates[number]) if spec.temporal else 1 for spec in self.sensors}
        return SampleWindow(
            index=number,
            bands=bands,
            present={name: np.ones(count, dtype=bool) for name, count in steps.items()},
            timestamps=self.dates[number],
            latlon=np.array([self.lat[number], self.lon[number]], dtype=np.float32),
        )

    def days(self) -> tuple[str, str]:
        """The first and the last date."""
        ordered = sorted((year, month, day) for day, month, year in np.unique(self.dates.reshape(-1, 3), axis=0))
        first, last = (f"{year:04}-{month + 1:02}-{day:02}" for year, month, day in (ordered[0], ordered[-1]))
        return first, last

    def bands_absent(self) -> dict[str, object]:
        """A remark on bands that no point has; empty where there is none."""
        absent = [
            f"{spec.name} {band}"
            for spec in self.sensors
            for place, band in enumerate(spec.bands)
            if (self.bands[spec.name][..., place] == NODATA).all()
        ]
        return {"bands_absent": ", ".join(absent)} if absent else {}

    def digest(self, labels: np.ndarray) -> str:
        """Tells these points with these labels from others."""
        digest = hashlib.sha256(np.ascontiguousarray(labels).tobytes())
        for name in sorted(self.bands):
            digest.update(np.ascontiguousarray(self.bands[name]).tobytes())
        for values in (self.dates.astype(np.int64), self.lat.astype(np.float64), self.lon.astype(np.float64)):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:16]


def stacked(spec: SensorSpec, named: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Bands by name, in the order of a sensor, float32 ``[*shape, C]``; bands without numbers are -99999.

    Args:
        spec: the sensor.
        named: band -> float of that shape; what is not finite is missing.
        shape: of each band.
    """
    out = np.full((*shape, len(spec.bands)), NODATA, np.float32)
    for band, values in named.items():
        if band in spec.bands:
            out[..., spec.bands.index(band)] = np.where(np.isfinite(values), values, NODATA)
    return out


def _window(values: np.ndarray, spec: SensorSpec) -> np.ndarray:
    if not spec.spatial:
        return values
    return values.reshape(1, 1, -1, len(spec.bands))
