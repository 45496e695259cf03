"""Arrays of points, ``[n, T, 18]``."""

import numpy as np

from spacenit_core.errors import DataError
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.harvest.bands import COLUMNS, by_sensor
from spacenit_evals.benchmarks.series.finite import check_finite
from spacenit_evals.benchmarks.series.point_series import PointSeries


def series_of(
    arrays: np.ndarray, dates: np.ndarray, lat: np.ndarray, lon: np.ndarray, sensors: SensorSet, source: str
) -> PointSeries:
    """Points in the units of the sensors.

    Args:
        arrays: float ``[n, T, 18]``.
        dates: int ``[n, T, 3]``: day, month from 0, year.
        lat: degrees, float ``[n]``.
        lon: degrees, float ``[n]``.
        sensors: those that the model takes.
        source: of the arrays, for messages.

    Raises:
        DataError: for arrays of another shape, or with what is no number.
    """
    if arrays.ndim != 3 or arrays.shape[2] != len(COLUMNS) or arrays.shape[:2] != dates.shape[:2]:
        raise DataError(
            f"{source} is {arrays.shape}, not points x {dates.shape[1]} dates x {len(COLUMNS)} bands", "copy it again"
        )
    check_finite(arrays, f"the series of {source}")
    named = {column: arrays[:, :, place] for place, column in enumerate(COLUMNS)}
    return PointSeries(sensors=sensors, bands=by_sensor(named, sensors), dates=dates, lat=lat, lon=lon)
