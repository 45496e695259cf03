"""Which land cover grows where: woods on slopes, towns on flat ground, parcels of grass and crops between."""

import numpy as np
from attrs import frozen

from spacenit_core.rng import generator
from spacenit_demo.world.fractal import blur, fractal, rank
from spacenit_demo.world.terrain import Terrain


@frozen(kw_only=True)
class CoverClass:
    """One class of the label map.

    Attributes:
        name: its name.
        code: its value in label files (0 is "no label").
        colour: red, green, blue, 0-255, for maps.
        worldcover: the code that a global map gives it; all crops share one, and so do all woods.
    """

    name: str
    code: int
    colour: tuple[int, int, int]
    worldcover: int


CLASSES = (
    CoverClass(name="water", code=1, colour=(66, 133, 190), worldcover=80),
    CoverClass(name="built-up", code=2, colour=(186, 60, 52), worldcover=50),
    CoverClass(name="conifer wood", code=3, colour=(24, 82, 56), worldcover=10),
    CoverClass(name="broadleaf wood", code=4, colour=(86, 148, 78), worldcover=10),
    CoverClass(name="grassland", code=5, colour=(186, 208, 122), worldcover=30),
    CoverClass(name="winter cereal", code=6, colour=(240, 208, 84), worldcover=40),
    CoverClass(name="early summer crop", code=7, colour=(226, 140, 48), worldcover=40),
    CoverClass(name="late summer crop", code=8, colour=(150, 96, 170), worldcover=40),
)
WATER, BUILT, CONIFER, BROADLEAF, GRASS, WINTER_CEREAL, EARLY_CROP, LATE_CROP = range(len(CLASSES))
"""Indices into `CLASSES`; a label's code is its index plus 1."""


@frozen(kw_only=True)
class LandCover:
    """The land cover of one landscape.

    Attributes:
        cover: int ``[H, W]``, index into `CLASSES`.
        parcel: int ``[H, W]``, the parcel that a cell lies in; parcels go on under woods, towns and water.
        parcels: how many parcels there are.
    """

    cover: np.ndarray
    parcel: np.ndarray
    parcels: int


def make_land_cover(seed: int, landscape: int, terrain: Terrain) -> LandCover:
    """Cover one landscape."""
    rng = generator(seed, "demo land cover", landscape)
    size = terrain.elevation.shape[0]
    height, steepness = rank(terrain.elevation), rank(blur(terrain.slope, 2.5))
    parcel, parcels = _parcels(rng, size)
    cover = _farmland(rng, parcel, parcels, steepness)
    wooded = rank(0.9 * steepness + 0.4 * height + 0.35 * fractal(rng, size, 1.9)) > 1.0 - rng.uniform(0.24, 0.42)
    conifers = rank(height + 0.35 * fractal(rng, size, 1.9)) > rng.uniform(0.45, 0.7)
    town = rank(0.45 * fractal(rng, size, 1.9) - 0.5 * steepness - 0.3 * height) > 1.0 - rng.uniform(0.07, 0.13)
    cover[wooded] = np.where(conifers, CONIFER, BROADLEAF)[wooded]
    cover[town] = BUILT
    cover[terrain.water] = WATER
    return LandCover(cover=cover, parcel=parcel, parcels=parcels)


def _parcels(rng: np.random.Generator, size: int) -> tuple[np.ndarray, int]:
    """Cut the ground into rectangular parcels, 80 to 260 m wide, on a grid turned by a random angle."""
    angle = rng.uniform(0.0, np.pi / 2)
    row, column = np.mgrid[:size, :size] - size / 2
    across = column * np.cos(angle) + row * np.sin(angle)
    along = row * np.cos(angle) - column * np.sin(angle)
    reach = size
    strip_edges = -reach + np.cumsum(rng.uniform(8.0, 20.0, size=2 * reach // 8))
    strip = np.searchsorted(strip_edges, across)
    parcel, count = np.zeros((size, size), dtype=np.int64), 0
    for number in np.unique(strip):
        inside = strip == number
        edges = -reach + np.cumsum(rng.uniform(12.0, 26.0, size=2 * reach // 12))
        parcel[inside] = count + np.searchsorted(edges, along[inside])
        count += len(edges) + 1
    used, parcel = np.unique(parcel, return_inverse=True)
    return parcel.reshape(size, size), len(used)


def _farmland(rng: np.random.Generator, parcel: np.ndarray, parcels: int, steepness: np.ndarray) -> np.ndarray:
    """Give each parcel grass or a crop: grass where it is steep, crops in the landscape's own proportions."""
    mean_steepness = np.bincount(parcel.ravel(), steepness.ravel(), parcels) / np.bincount(
        parcel.ravel(), minlength=parcels
    )
    crop_shares = rng.dirichlet((6.0, 6.0, 6.0))
    crop = rng.choice((WINTER_CEREAL, EARLY_CROP, LATE_CROP), size=parcels, p=crop_shares)
    grass = rng.random(parcels) < 0.1 + 0.45 * mean_steepness
    return np.where(grass, GRASS, crop)[parcel]
