"""The seasons: how green each cell is on each day of the year.

Greenness follows a double logistic curve (Beck et al. 2006, Remote Sensing of Environment 100): it rises at the start
of the season and falls at its end. Crops have the same height and length of season and differ in WHEN it is; each
parcel has its own sowing date, each landscape its own climate, and spring climbs the hills slowly.
"""

import numpy as np
from attrs import frozen

from spacenit_core.rng import generator
from spacenit_demo.world.fractal import fractal
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
    LandCover,
)
from spacenit_demo.world.terrain import Terrain


@frozen(kw_only=True)
class Season:
    """The yearly curve of one class; days of the year, greenness from 0 to 1.

    Attributes:
        start: day of the steepest greening.
        end: day of the steepest browning.
        steepness: days that a quarter of a transition takes.
        winter: greenness before the season.
        peak: greenness in the season.
        stubble: greenness after the season.
        autumn: what is added by late autumn (winter cereals come up).
        sowing: standard deviation of the parcels' timing, days.
    """

    start: float
    end: float
    steepness: float
    winter: float
    peak: float
    stubble: float
    autumn: float = 0.0
    sowing: float = 0.0


SEASONS = {
    WATER: Season(start=120, end=280, steepness=12, winter=0.0, peak=0.02, stubble=0.0),
    BUILT: Season(start=110, end=290, steepness=12, winter=0.08, peak=0.24, stubble=0.08),
    CONIFER: Season(start=130, end=290, steepness=15, winter=0.82, peak=0.95, stubble=0.82),
    BROADLEAF: Season(start=115, end=292, steepness=7, winter=0.12, peak=0.97, stubble=0.12),
    GRASS: Season(start=92, end=305, steepness=14, winter=0.38, peak=0.85, stubble=0.38, sowing=6),
    WINTER_CEREAL: Season(start=84, end=180, steepness=8, winter=0.22, peak=0.93, stubble=0.06, autumn=0.16, sowing=10),
    EARLY_CROP: Season(start=156, end=252, steepness=8, winter=0.08, peak=0.93, stubble=0.08, sowing=11),
    LATE_CROP: Season(start=188, end=284, steepness=8, winter=0.08, peak=0.93, stubble=0.08, sowing=11),
}


@frozen(kw_only=True)
class Phenology:
    """The season of every cell of a landscape, ``[H, W]`` each; see `Season`.

    Attributes:
        start: day of the steepest greening.
        end: day of the steepest browning.
        steepness: days that a quarter of a transition takes.
        winter: greenness before the season.
        peak: greenness in the season.
        stubble: greenness after the season.
        autumn: what is added by late autumn.
        cuts: days on which grass is mown, ``[3, H, W]``; infinite where it is not.
    """

    start: np.ndarray
    end: np.ndarray
    steepness: np.ndarray
    winter: np.ndarray
    peak: np.ndarray
    stubble: np.ndarray
    autumn: np.ndarray
    cuts: np.ndarray

    def greenness(self, day: float) -> np.ndarray:
        """Green cover of every cell on a day of the year, 0 to 1."""
        rise, fall = _logistic((day - self.start) / self.steepness), _logistic((day - self.end) / self.steepness)
        green = self.winter + (self.peak - self.winter) * rise - (self.peak - self.stubble) * fall
        green = green + self.autumn * _logistic((day - 305.0) / 8.0)
        for cut in self.cuts:
            since = np.maximum(day - cut, 0.0)
            green = green * np.where(day >= cut, 1.0 - 0.55 * np.exp(-since / 18.0), 1.0)
        return np.clip(green, 0.0, 1.0)

    def straw(self, day: float) -> np.ndarray:
        """Share of the ground between green plants that dry plants cover, 0 to 1; it fades after harvest."""
        since = np.maximum(day - self.end, 0.0)
        return _logistic((day - self.end) / self.steepness) * np.exp(-since / 40.0)


def make_phenology(seed: int, landscape: int, terrain: Terrain, land: LandCover) -> Phenology:
    """Set the seasons of one landscape."""
    rng = generator(seed, "demo phenology", landscape)
    size, cover, parcel = land.cover.shape[0], land.cover, land.parcel
    # Hopkins' law: about four days later per hundred metres; climate and year move a landscape's spring by some more.
    climate = rng.normal(0.0, 9.0) + 0.04 * (terrain.elevation - terrain.elevation.mean())
    sowing = rng.standard_normal(land.parcels)[parcel] * _by_class(cover, "sowing")
    shift = climate + sowing + 3.0 * fractal(rng, size, 1.6)
    lengthening = 4.0 * rng.standard_normal(land.parcels)[parcel]
    vigour = np.clip(
        1.0 - 0.15 * np.abs(rng.standard_normal(land.parcels))[parcel] + 0.04 * fractal(rng, size, 1.3), 0.55, 1.0
    )
    mown = (cover == GRASS) & (rng.random(land.parcels) < 0.65)[parcel]
    first, gap = rng.uniform(140.0, 175.0, land.parcels), rng.uniform(38.0, 60.0, land.parcels)
    cuts = np.stack([np.where(mown, (first + number * gap)[parcel], np.inf) for number in range(3)])
    return Phenology(
        start=_by_class(cover, "start") + shift,
        end=_by_class(cover, "end") + shift + lengthening,
        steepness=_by_class(cover, "steepness"),
        winter=_by_class(cover, "winter") * vigour,
        peak=_by_class(cover, "peak") * vigour,
        stubble=_by_class(cover, "stubble") * vigour,
        autumn=_by_class(cover, "autumn") * vigour,
        cuts=cuts,
    )


def _by_class(cover: np.ndarray, attribute: str) -> np.ndarray:
    return np.asarray([getattr(SEASONS[number], attribute) for number in range(len(CLASSES))], dtype=np.float64)[cover]


def _logistic(x: np.ndarray | float) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0)))
