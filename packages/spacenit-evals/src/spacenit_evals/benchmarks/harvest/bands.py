"""The columns of the arrays, and what they are called here."""

from collections.abc import Mapping

import numpy as np

from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_evals.benchmarks.series.inputs import L1C
from spacenit_evals.benchmarks.series.point_series import stacked

COLUMNS = (
    *("VV", "VH", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"),
    *("temperature_2m", "total_precipitation", "elevation", "slope", "NDVI"),
)
"""Of the arrays, in their order; the exports that they are made of have B1 and B10 besides, and no NDVI."""

STORED = (L1C, ("sentinel1",), ("era5_10",), ("srtm",))
"""The sensors that they are handed on as: Sentinel-2 is L1C (COPERNICUS/S2), Sentinel-1 in dB."""

LEFT_OUT = "slope, ndvi"
"""Columns that no sensor has: the index is computed from two others."""

_OURS = {
    "VV": "vv",
    "VH": "vh",
    "temperature_2m": "2m-temperature",
    "total_precipitation": "total-precipitation",
    "elevation": "srtm",
}


def our_name(column: str) -> str:
    """A column's band here: `B2` is `B02`."""
    if column in _OURS:
        return _OURS[column]
    return f"B0{column[1:]}" if len(column) == 2 and column[0] == "B" else column


def offered() -> SensorSet:
    """The sensors, by their exact names."""
    return SensorSet.of([names[0] for names in STORED])


def by_sensor(named: Mapping[str, np.ndarray], sensors: SensorSet) -> dict[str, np.ndarray]:
    """Sensor -> float32 ``[..., T, C]``, or ``[..., C]`` without time.

    Args:
        named: column -> float ``[..., T]``.
        sensors: which are asked for.
    """
    bands = {our_name(column): values for column, values in named.items()}
    return {spec.name: _of(spec, bands) for spec in sensors}


def _of(spec: SensorSpec, bands: Mapping[str, np.ndarray]) -> np.ndarray:
    own = {band: bands[band] if spec.temporal else bands[band][..., 0] for band in spec.bands if band in bands}
    return stacked(spec, own, next(iter(own.values())).shape)
