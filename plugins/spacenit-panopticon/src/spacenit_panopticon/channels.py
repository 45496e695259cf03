"""What Panopticon calls the bands of our sensors, and how they are standardised."""

from typing import Final, Literal

import numpy as np
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.sensors.selection import SensorSet
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


def channels_of(spec: SensorSpec, orbit: Orbit) -> dict[str, float]:
    """Band -> the number by which the network knows it, of the bands of a sensor that are embedded and that it has."""
    known = POLARISATIONS[orbit] if spec.name == "sentinel1" else WAVELENGTHS[spec.name]
    offered = {band for group in spec.token_groups for band in group}
    return {band: number for band, number in known.items() if band in offered}


def as_standardised(spec: SensorSpec) -> SensorSpec:
    """The sensor with mean and deviation of each band: level 1C, of which a range is stated, gets those of level 2A."""
    if spec.name != "sentinel2":
        return spec
    (surface,) = SensorSet.of(["sentinel2_l2a"])
    assert isinstance(surface.normalization, MeanStd)
    known = dict(
        zip(surface.bands, zip(surface.normalization.mean, surface.normalization.std, strict=True), strict=True)
    )
    mean, deviation = zip(*[known.get(band, known["B09"]) for band in spec.bands], strict=True)
    return evolve(spec, normalization=MeanStd(mean=mean, std=deviation))


def standardised(spec: SensorSpec, bands: tuple[str, ...], values: np.ndarray) -> np.ndarray:
    """Deviations from the mean, by what the sensor states; the middle and a quarter of a range stand for both.

    Args:
        spec: the sensor.
        bands: some of its bands.
        values: ``[..., C]`` of those, in stored units.

    Raises:
        UserError: where it has no statistics.
    """
    check_statistics(spec)
    assert spec.normalization is not None
    index = [spec.bands.index(band) for band in bands]
    scale, offset = (part[index] for part in spec.normalization.scale_and_offset())
    return 4 * (values * scale + offset) - 2


def check_statistics(spec: SensorSpec) -> None:
    """Refuse a sensor without statistics.

    Raises:
        UserError: where it has none.
    """
    if spec.normalization is None:
        raise UserError(
            f"panopticon standardises by mean and deviation, and {spec.name} has none",
            "`spacenit-run data stats` makes them",
        )
