"""One landscape as its sensors recorded it over one year."""

from collections.abc import Callable

import numpy as np
from attrs import frozen

from spacenit_core.rng import generator
from spacenit_demo.world.fractal import blur, coarsen, fractal
from spacenit_demo.world.land_cover import CLASSES, make_land_cover
from spacenit_demo.world.optical import Ground, landsat, make_brightness, make_leaves, sentinel2
from spacenit_demo.world.phenology import make_phenology
from spacenit_demo.world.radar import sentinel1
from spacenit_demo.world.terrain import make_terrain

MONTHS = 12
SERIES: dict[str, Callable[[int, int, int, Ground], np.ndarray]] = {
    "sentinel2_l2a": sentinel2,
    "sentinel1": sentinel1,
    "landsat": landsat,
}
"""The sensors with one image a month."""


@frozen(kw_only=True)
class Landscape:
    """A square piece of land and its year of images.

    Attributes:
        ground: what is there.
        images: sensor -> ``[H, W, T, C]`` in stored units and data types; T is 12, or 1 without time.
        year: the year of the images.
    """

    ground: Ground
    images: dict[str, np.ndarray]
    year: int

    @property
    def labels(self) -> np.ndarray:
        """The true land cover as label codes, uint8 ``[H, W]``."""
        return (self.ground.land.cover + 1).astype(np.uint8)


def make_ground(seed: int, landscape: int, *, size: int, latitude: float) -> Ground:
    """What is on the ground, before any sensor looks at it."""
    rng = generator(seed, "demo ground", landscape)
    terrain = make_terrain(seed, landscape, size)
    land = make_land_cover(seed, landscape, terrain)
    # Wetter in winter than in summer, and different from month to month.
    season = 0.5 + 0.22 * np.cos(2 * np.pi * (np.arange(MONTHS) - 0.5) / MONTHS)
    return Ground(
        terrain=terrain,
        land=land,
        phenology=make_phenology(seed, landscape, terrain, land),
        brightness=make_brightness(seed, landscape, land),
        leaves=make_leaves(seed, landscape, land),
        wetness=np.clip(season + 0.18 * rng.standard_normal(MONTHS), 0.02, 0.98),
        latitude=latitude,
    )


def make_landscape(seed: int, landscape: int, *, size: int, latitude: float) -> Landscape:
    """Make one landscape.

    Args:
        seed: the world's seed.
        landscape: its number.
        size: cells of 10 m along one side.
        latitude: degrees north.
    """
    ground = make_ground(seed, landscape, size=size, latitude=latitude)
    images = {
        name: np.stack([record(seed, landscape, month, ground) for month in range(MONTHS)], axis=2)
        for name, record in SERIES.items()
    }
    rng = generator(seed, "demo maps", landscape)
    images["srtm"] = _elevation_model(rng, ground)[:, :, None, None]
    images["worldcover"] = _global_map(rng, ground)[:, :, None, None]
    return Landscape(ground=ground, images=images, year=int(rng.integers(2017, 2024)))


def _elevation_model(rng: np.random.Generator, ground: Ground) -> np.ndarray:
    """A 30 m elevation model in whole metres, with the errors of one; int16."""
    measured = coarsen(ground.terrain.elevation, 3) + 1.5 * fractal(rng, ground.terrain.elevation.shape[0], 1.0)
    return np.rint(measured).astype(np.int16)


def _global_map(rng: np.random.Generator, ground: Ground) -> np.ndarray:
    """A global land-cover map: merges crops and woods, shifts borders, and is wrong in some places; uint8."""
    size = ground.land.cover.shape[0]
    votes = np.eye(len(CLASSES))[ground.land.cover] + 0.9 * np.stack(
        [blur(rng.standard_normal((size, size)), 2.0) * 2.4 for _ in CLASSES], axis=-1
    )
    return np.array([kind.worldcover for kind in CLASSES], dtype=np.uint8)[blur(votes, 0.8).argmax(axis=-1)]
