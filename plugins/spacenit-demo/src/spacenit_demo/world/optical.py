"""What Sentinel-2 and Landsat 8 see: leaves and ground, lit by the sun, under clouds, through their optics."""

from collections.abc import Callable

import numpy as np
from attrs import frozen

from spacenit_core.rng import generator
from spacenit_demo.world.fractal import blur, coarsen, fractal
from spacenit_demo.world.land_cover import BROADLEAF, BUILT, CONIFER, WATER, LandCover
from spacenit_demo.world.phenology import Phenology
from spacenit_demo.world.spectra import CLOUD, GREEN, GROUND, HAZE, STRAW, WAVELENGTHS, WET_SOIL
from spacenit_demo.world.terrain import Terrain
from spacenit_demo.world.weather import make_sky

_SPECTRAL_REGION = [0 if wavelength < 720 else 1 if wavelength < 1300 else 2 for wavelength in WAVELENGTHS]


@frozen(kw_only=True)
class Ground:
    """One landscape, as far as light and radar are concerned.

    Attributes:
        terrain: its relief.
        land: its cover.
        phenology: its seasons.
        brightness: brightness of soils and roofs relative to their class, ``[H, W]``.
        leaves: reflectance of the leaves relative to their class, ``[H, W, 3]``: visible, near and short-wave infrared.
        wetness: share of water in the top soil, one value per month.
        latitude: degrees north, for the sun.
    """

    terrain: Terrain
    land: LandCover
    phenology: Phenology
    brightness: np.ndarray
    leaves: np.ndarray
    wetness: np.ndarray
    latitude: float


def make_brightness(seed: int, landscape: int, land: LandCover) -> np.ndarray:
    """Soils differ by region and parcel, roofs from one to the next."""
    rng = generator(seed, "demo brightness", landscape)
    size = land.cover.shape[0]
    soil = 1.0 + 0.10 * fractal(rng, size, 1.4) + 0.12 * rng.standard_normal(land.parcels)[land.parcel]
    roofs = 1.0 + 0.35 * rng.standard_normal((size, size))
    return np.clip(np.where(land.cover == BUILT, roofs, soil), 0.4, 1.9)


def make_leaves(seed: int, landscape: int, land: LandCover) -> np.ndarray:
    """Plants of one class differ in pigment, leaf area and water: by parcel in the fields, by stand in the woods."""
    rng = generator(seed, "demo leaves", landscape)
    size = land.cover.shape[0]
    by_parcel = rng.standard_normal((land.parcels, 3))[land.parcel]
    by_stand = np.stack([fractal(rng, size, 1.3) for _ in range(3)], axis=-1)
    wood = np.isin(land.cover, (CONIFER, BROADLEAF))[..., None]
    spread = np.array([0.18, 0.09, 0.13])
    return np.clip(1.0 + spread * np.where(wood, by_stand, 0.8 * by_parcel + 0.6 * by_stand), 0.5, 1.6)


def reflectance(ground: Ground, day: float) -> np.ndarray:
    """Cloud-free surface reflectance on a day of the year, ``[H, W, bands]`` in the order of `WAVELENGTHS`."""
    cover = ground.land.cover
    green = ground.phenology.greenness(day)[..., None]
    straw = np.where(cover >= WATER + 5, ground.phenology.straw(day), 0.0)[..., None]
    wet = ground.wetness[int(day // 30.5) % 12]
    bare = (1.0 - straw) * GROUND[cover] + straw * STRAW
    bare = bare * ground.brightness[..., None] * (1.0 - wet * WET_SOIL * (cover != BUILT)[..., None])
    bare = np.where((cover == WATER)[..., None], GROUND[WATER], bare)
    surface = green * GREEN[cover] * ground.leaves[..., _SPECTRAL_REGION] + (1.0 - green) * bare
    zenith, azimuth = sun(ground.latitude, day)
    lit = ground.terrain.incidence_cosine(zenith, azimuth) / np.cos(zenith)
    # L2A products correct the relief's shading, but not fully.
    shading = np.where(cover == WATER, 1.0, np.clip(1.0 + 0.5 * (lit - 1.0), 0.4, 1.6))
    return surface * shading[..., None]


def sun(latitude: float, day: float) -> tuple[float, float]:
    """Zenith and azimuth of the sun at the overpass (about 10:30 local time), radians."""
    declination = np.deg2rad(23.44) * np.sin(2 * np.pi * (day - 81.0) / 365.0)
    hour = np.deg2rad(-22.5)
    phi = np.deg2rad(latitude)
    cosine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour)
    zenith = float(np.arccos(np.clip(cosine, 0.1, 1.0)))
    azimuth = float(np.pi + np.arctan2(np.sin(hour), np.cos(hour) * np.sin(phi) - np.tan(declination) * np.cos(phi)))
    return zenith, azimuth


def _seen_through_sky(rng: np.random.Generator, ground: Ground, day: float) -> np.ndarray:
    zenith, azimuth = sun(ground.latitude, day)
    sky = make_sky(rng, ground.brightness.shape[0], azimuth, zenith)
    surface = reflectance(ground, day) * (1.0 - sky.shadow[..., None])
    # Calibration and view angle change the whole image a little from date to date.
    surface = surface * (1.0 + 0.03 * rng.standard_normal()) + sky.haze * HAZE
    cloud = sky.cloud[..., None]
    return (1.0 - cloud) * surface + cloud * CLOUD * (1.0 + 0.08 * rng.standard_normal())


_SENTINEL2_BANDS = (490, 560, 665, 842, 705, 740, 783, 865, 1610, 2190, 443, 945)
_SENTINEL2_OPTICS: tuple[tuple[slice, Callable[[np.ndarray], np.ndarray]], ...] = (
    (slice(0, 4), lambda fine: blur(fine, 0.6)),
    (slice(4, 10), lambda fine: coarsen(blur(fine, 0.9), 2)),
    (slice(10, 12), lambda fine: coarsen(blur(fine, 2.0), 6)),
)


def sentinel2(seed: int, landscape: int, month: int, ground: Ground) -> np.ndarray:
    """One Sentinel-2 L2A image: digital numbers (reflectance times 10,000), uint16 ``[H, W, 12]``.

    Bands B02 B03 B04 B08 at 10 m, B05 B06 B07 B8A B11 B12 at 20 m, B01 B09 at 60 m, all on the 10 m grid.
    """
    rng = generator(seed, "demo sentinel2", landscape, month)
    seen = _seen_through_sky(rng, ground, overpass(rng, month))[
        ..., [WAVELENGTHS.index(band) for band in _SENTINEL2_BANDS]
    ]
    image = np.concatenate([optics(seen[..., bands]) for bands, optics in _SENTINEL2_OPTICS], axis=-1)
    image = _noisy(rng, image, 0.0015)
    return np.clip(np.rint(image * 10_000.0), 1, 16_000).astype(np.uint16)


def landsat(seed: int, landscape: int, month: int, ground: Ground) -> np.ndarray:
    """One Landsat 8 Level-1 image, on a day of its own: scaled top-of-atmosphere values, uint16 ``[H, W, 11]``.

    Panchromatic B8 at 15 m, then B1 B2 B3 B4 B5 B6 B7 B9 B10 B11 at 30 m, all on the 10 m grid.
    """
    rng = generator(seed, "demo landsat", landscape, month)
    day = overpass(rng, month)
    seen = _seen_through_sky(rng, ground, day)
    bands = coarsen(blur(seen[..., [WAVELENGTHS.index(w) for w in (443, 490, 560, 665, 865, 1610, 2190)]], 1.2), 3)
    pan = blur(seen[..., [WAVELENGTHS.index(w) for w in (490, 560, 665)]].mean(axis=-1, keepdims=True), 0.9)
    # Nothing is corrected at Level 1: air scatters blue light into the sensor.
    bands = bands + np.array([0.085, 0.062, 0.034, 0.018, 0.006, 0.001, 0.0])
    cirrus = 0.001 + 0.02 * (seen[..., :1] > 0.4)
    solar = _noisy(rng, np.concatenate([pan + 0.03, bands, coarsen(cirrus, 3)], axis=-1), 0.002)
    counts = np.concatenate([(solar + 0.1) / 2e-5, _thermal(rng, ground, day, seen)], axis=-1)
    return np.clip(np.rint(counts), 1, 65_535).astype(np.uint16)


def _thermal(rng: np.random.Generator, ground: Ground, day: float, seen: np.ndarray) -> np.ndarray:
    """Counts of the two thermal bands, ``[H, W, 2]``: green and wet ground is cooler, clouds are cold."""
    season = 12.0 + 13.0 * np.sin(2 * np.pi * (day - 105.0) / 365.0)
    dry = 1.0 - ground.phenology.greenness(day)
    kelvin = 273.0 + season + rng.normal(0.0, 2.0) + 6.0 * dry - 0.0065 * ground.terrain.elevation
    kelvin = np.where(ground.land.cover == WATER, 275.0 + 0.7 * season, kelvin)
    kelvin = np.where(seen[..., 0] > 0.4, kelvin - 22.0, kelvin)
    kelvin = coarsen(blur(kelvin, 3.0), 3)
    return np.stack([22_000.0 + 420.0 * (kelvin - 285.0), 20_300.0 + 330.0 * (kelvin - 285.0)], axis=-1)


def overpass(rng: np.random.Generator, month: int) -> float:
    """The day of the year on which a month's image is taken; files give the month's first day."""
    return 30.4 * month + rng.uniform(3.0, 28.0)


def _noisy(rng: np.random.Generator, image: np.ndarray, floor: float) -> np.ndarray:
    return image * (1.0 + 0.008 * rng.standard_normal(image.shape)) + floor * rng.standard_normal(image.shape)
