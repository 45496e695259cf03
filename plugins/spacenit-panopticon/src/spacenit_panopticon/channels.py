"""What Panopticon calls the bands of our sensors, and how they are standardised."""

from typing import Final, Literal

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import MeanStd, SensorSpec

Orbit = Literal["unknown", "ascending", "descending"]

_SENTINEL2 = {
    "B01": 442.9,
    "B02": 493.0,
    "B03": 559.6,
    "B04": 664.6,
    "B05": 704.0,
    "B06": 740.6,
    "B07": 782.4,
    "B08": 827.5,
    "B8A": 864.8,
    "B09": 945.0,
    "B11": 1613.9,
    "B12": 2203.6,
}

WAVELENGTHS: Final[dict[str, dict[str, float]]] = {
    "sentinel2_l2a": _SENTINEL2,
    "sentinel2": _SENTINEL2,
    "landsat": {
        "B1": 442.6,
        "B2": 482.6,
        "B3": 561.0,
        "B4": 654.3,
        "B5": 864.6,
        "B6": 1608.7,
        "B7": 2203.5,
        "B8": 596.8,
        "B9": 1374.2,
        "B10": 10847.0,
        "B11": 12017.0,
    },
}
"""Optical sensor -> band -> the middle of what it sees, in nanometres, by which the network knows it."""

POLARISATIONS: Final[dict[Orbit, dict[str, float]]] = {
    "unknown": {"vv": -1.0, "vh": -2.0},
    "ascending": {"vv": -5.0, "vh": -6.0},
    "descending": {"vv": -9.0, "vh": -10.0},
}
"""Orbit -> polarisation -> the number by which the network knows it."""

UNITS: Final[dict[str, str]] = {
    "sentinel2_l2a": "reflectance x 10,000",
    "sentinel2": "reflectance x 10,000",
    "landsat": "digital number",
    "sentinel1": "dB",
}
"""Sensor -> the units that it is taken in."""

_OF_EUROSAT = {
    "B01": (1356.781697, 246.335619),
    "B02": (1123.138498, 334.281244),
    "B03": (1057.277004, 392.232169),
    "B04": (959.177867, 590.941816),
    "B05": (1227.443061, 548.573193),
    "B06": (2076.627481, 843.079102),
    "B07": (2463.433444, 1071.733427),
    "B08": (2390.318277, 1106.868307),
    "B8A": (2699.777603, 1215.041148),
    "B09": (761.551869, 404.413629),
    "B11": (1861.292046, 963.032164),
    "B12": (1138.935835, 742.794656),
}
"""Band -> mean and deviation of level 1C in Europe: m-eurosat of GEO-Bench v1, its bands under their right names."""


def channels_of(spec: SensorSpec, orbit: Orbit) -> dict[str, float]:
    """Band -> the number by which the network knows it, of the bands of a sensor that are embedded and that it has."""
    known = POLARISATIONS[orbit] if spec.name == "sentinel1" else WAVELENGTHS[spec.name]
    offered = {band for group in spec.token_groups for band in group}
    return {band: number for band, number in known.items() if band in offered}


def statistics_of(spec: SensorSpec, bands: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of some bands in stored units, float64 ``[C]`` each.

    Those of the sensor; of level 1C, whose sensor has a range, those of a published set.

    Raises:
        UserError: where there are none.
    """
    if isinstance(spec.normalization, MeanStd):
        index = [spec.bands.index(band) for band in bands]
        return np.array(spec.normalization.mean)[index], np.array(spec.normalization.std)[index]
    if spec.name == "sentinel2":
        mean, deviation = np.array([_OF_EUROSAT[band] for band in bands]).T
        return mean, deviation
    raise UserError(f"panopticon standardises by mean and deviation, and {spec.name} has none")
