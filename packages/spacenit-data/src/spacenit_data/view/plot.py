"""What is shown of a sample, read from its file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_data.h5.reader import open_sample
from spacenit_data.listing import listed_sensors
from spacenit_data.months import MonthsFound, check_months
from spacenit_data.sample_set import (
    as_images,
    installed_spec,
    sample_path,
    sensor_names,
)

FIND_ALL = "`spacenit-run data validate` finds all such samples"


@frozen(kw_only=True, eq=False)
class PlottedSensor:
    """One sensor of a sample, ready to be drawn.

    Attributes:
        name: the sensor.
        spec: its declaration; None where no installed plugin has one.
        values: float32 [H, W, T, C] or [T, C], NaN where missing; steps that the sensor lacks are all NaN.
    """

    name: str
    spec: SensorSpec | None
    values: np.ndarray

    @property
    def spatial(self) -> bool:
        """Whether it has a grid."""
        return self.values.ndim == 4

    @property
    def bands(self) -> tuple[str, ...]:
        """Its bands; numbers where they are unknown."""
        count = self.values.shape[-1]
        known = self.spec is not None and len(self.spec.bands) == count
        return self.spec.bands if self.spec is not None and known else tuple(str(number) for number in range(count))

    def composite(self, wanted: Sequence[str] | None) -> tuple[str, ...] | None:
        """The three bands of a colour picture, if there are such."""
        usual = self.spec.rgb if self.spec is not None else None
        for bands in (wanted, usual, ("B04", "B03", "B02"), ("R", "G", "B")):
            if bands and all(band in self.bands for band in bands):
                return tuple(bands)
        return None


@frozen(kw_only=True)
class PlottedSample:
    """What is shown of a sample.

    Attributes:
        title: where and when.
        dates: one label per time step.
        sensors: those shown.
    """

    title: str
    dates: tuple[str, ...]
    sensors: tuple[PlottedSensor, ...]


def read_plotted(folder: Path, number: int, sensors: Sequence[str] = (), *, months_from: int = 0) -> PlottedSample:
    """Read what is shown of a sample.

    Args:
        folder: the set's folder.
        number: the sample's.
        sensors: those to show; all if empty.
        months_from: the number of January in the set's timestamps, 0 or 1.

    Raises:
        UserError: if there is no such sample or sensor.
        DataError: if the sample cannot be read.
    """
    path, wanted = sample_path(folder, number), {name.lower() for name in sensors}
    if not path.exists():
        raise UserError(f"{folder} has no sample {number}", "samples are numbered from 0; see sample_metadata.csv")
    with open_sample(path, months_from) as file:
        there = sensor_names(file, listed_sensors(folder))
        absent = sorted(wanted - set(there))
        if absent:
            raise UserError(f"sample {number} has no {absent[0]}", f"it has {', '.join(there)}")
        times = file.timestamps()
        check_months(MonthsFound.of(times + np.array((0, months_from, 0))), months_from, path)
        lat, lon = (float(value) for value in file.latlon())
        plotted = tuple(
            _plotted(path, name, file.pixels(name), file.mask(name, len(times)), len(times))
            for name in there
            if not wanted or name in wanted
        )
        gsd = file.members.attrs.get("gsd")
    if not plotted:
        raise DataError(f"{path} holds no sensor")
    dates = tuple(f"{year:04d}-{month + 1:02d}-{day:02d}" for day, month, year in times.tolist())
    return PlottedSample(title=_title(number, lat, lon, dates, plotted, gsd), dates=dates, sensors=_in_order(plotted))


def _plotted(path: Path, name: str, stored: np.ndarray, mask: np.ndarray | None, steps: int) -> PlottedSensor:
    spec = installed_spec(name)
    stored = as_images(stored, spec)
    if not stored.size:
        raise DataError(f"{path}: {name} has the shape {list(stored.shape)}, which holds nothing", FIND_ALL)
    values = np.where(stored == NODATA, np.nan, stored).astype(np.float32)
    temporal = spec.temporal if spec is not None else values.shape[-2] > 1
    if temporal:
        mask = np.ones(steps, bool) if mask is None else mask
        if mask.sum() != values.shape[-2]:
            raise DataError(f"{path}: {name} holds {values.shape[-2]} steps, but should hold {mask.sum()}", FIND_ALL)
        full = np.full((*values.shape[:-2], len(mask), values.shape[-1]), np.nan, np.float32)
        full[..., mask, :] = values
        values = full
    return PlottedSensor(name=name, spec=spec, values=values)


def _in_order(sensors: Sequence[PlottedSensor]) -> tuple[PlottedSensor, ...]:
    return tuple(sorted(sensors, key=lambda item: (item.spec.order if item.spec else 10_000, item.name)))


def _title(
    number: int, lat: float, lon: float, dates: Sequence[str], sensors: Sequence[PlottedSensor], gsd: float | None
) -> str:
    parts = [f"sample {number}"]
    if np.isfinite([lat, lon]).all():
        parts.append(f"{abs(lat):.4f}° {'N' if lat >= 0 else 'S'}  {abs(lon):.4f}° {'E' if lon >= 0 else 'W'}")
    parts.append(dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}, {len(dates)} dates")
    grid = next((item for item in sensors if item.spatial and item.spec is not None), None)
    if grid is not None and grid.spec is not None:
        size = gsd if gsd is not None else grid.spec.grid_gsd
        side = grid.values.shape[0] // grid.spec.pixels_per_cell * size
        parts.append(f"{side / 1000:g} km a side")
    return "   ·   ".join(parts)
