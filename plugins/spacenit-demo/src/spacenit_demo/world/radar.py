"""What Sentinel-1 sees: volume scattering of plants, moist soil, walls, slopes that face the sensor, and speckle."""

import numpy as np

from spacenit_core.rng import generator
from spacenit_demo.world.land_cover import (
    BROADLEAF,
    BUILT,
    CLASSES,
    CONIFER,
    EARLY_CROP,
    GRASS,
    LATE_CROP,
    WATER,
    WINTER_CEREAL,
)
from spacenit_demo.world.optical import Ground, overpass

LOOKS = 4.4
"""Equivalent number of looks of a Sentinel-1 GRD pixel."""
_LOOK_ANGLE, _LOOK_AZIMUTH = np.deg2rad(38.0), np.deg2rad(280.0)

# Decibels of VV and VH over bare and over green ground.
_BACKSCATTER = {
    WATER: ((-21.0, -27.0), (-21.0, -27.0)),
    BUILT: ((-5.0, -12.5), (-6.0, -12.5)),
    CONIFER: ((-9.8, -15.6), (-9.6, -15.2)),
    BROADLEAF: ((-9.6, -15.4), (-10.2, -15.0)),
    GRASS: ((-13.0, -20.5), (-12.4, -18.5)),
    WINTER_CEREAL: ((-12.0, -20.0), (-13.5, -18.0)),
    EARLY_CROP: ((-12.0, -20.0), (-10.2, -15.8)),
    LATE_CROP: ((-12.0, -20.0), (-10.4, -16.0)),
}
_BARE = np.array([_BACKSCATTER[number][0] for number in range(len(CLASSES))])
_GREEN = np.array([_BACKSCATTER[number][1] for number in range(len(CLASSES))])
_FEELS_MOISTURE = np.isin(np.arange(len(CLASSES)), (GRASS, WINTER_CEREAL, EARLY_CROP, LATE_CROP))


def sentinel1(seed: int, landscape: int, month: int, ground: Ground) -> np.ndarray:
    """One Sentinel-1 GRD image: backscatter of VV and VH in decibels, float32 ``[H, W, 2]`` in steps of 1/64 dB."""
    rng = generator(seed, "demo sentinel1", landscape, month)
    cover, day = ground.land.cover, overpass(rng, month)
    green = ground.phenology.greenness(day)[..., None]
    decibels = (1.0 - green) * _BARE[cover] + green * _GREEN[cover]
    soil = (1.0 - green) * _FEELS_MOISTURE[cover][..., None]
    moisture = ground.wetness[month] + 0.15 * rng.standard_normal()
    decibels = decibels + soil * (4.0 * moisture - 2.0 + 2.5 * (ground.brightness[..., None] - 1.0))
    wind = rng.normal(0.0, 2.0)
    decibels = decibels + np.where(cover == WATER, wind, 0.0)[..., None]
    facing = ground.terrain.incidence_cosine(_LOOK_ANGLE, _LOOK_AZIMUTH) / np.cos(_LOOK_ANGLE)
    decibels = decibels + 12.0 * np.log10(np.clip(facing, 0.2, None))[..., None]
    # Single houses are corner reflectors, many times brighter than the ground between.
    corner = np.where(cover == BUILT, 5.0 * (ground.brightness - 1.0), 0.0)[..., None]
    power = 10.0 ** ((decibels + corner + 0.3 * rng.standard_normal()) / 10.0)
    power = power * rng.gamma(LOOKS, 1.0 / LOOKS, size=power.shape)
    return (np.rint(10.0 * np.log10(np.clip(power, 1e-10, None)) * 64.0) / 64.0).astype(np.float32)
