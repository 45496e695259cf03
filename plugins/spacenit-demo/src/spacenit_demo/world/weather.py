"""The weather of one overpass: clouds and their shadows, haze, and how wet the ground is."""

import numpy as np
from attrs import frozen

from spacenit_demo.world.fractal import blur, fractal, rank

MEAN_CLOUD_COVER = 0.3
"""Mean share of an image under clouds; single images go from clear to overcast."""


@frozen(kw_only=True)
class Sky:
    """What lies between the ground and an optical sensor.

    Attributes:
        cloud: opacity of the clouds, 0 to 1, ``[H, W]``.
        shadow: share of the sunlight that clouds keep from the ground, 0 to 1, ``[H, W]``.
        haze: uncorrected aerosol, 0 is none.
    """

    cloud: np.ndarray
    shadow: np.ndarray
    haze: float


def make_sky(rng: np.random.Generator, size: int, sun_azimuth: float, sun_zenith: float) -> Sky:
    """Draw the sky of one overpass; the share of clouds follows a U-shaped distribution."""
    spread = 1.6
    cover = rng.beta(spread * MEAN_CLOUD_COVER, spread * (1.0 - MEAN_CLOUD_COVER))
    height_in_cells = rng.uniform(60.0, 160.0)
    reach = height_in_cells * np.tan(sun_zenith)
    # The shadow falls away from the sun; rows grow to the south.
    down, right = round(reach * np.cos(sun_azimuth)), round(-reach * np.sin(sun_azimuth))
    field = fractal(rng, size + 2 * max(abs(down), abs(right)), 1.5)
    thickness = np.clip((rank(field) - (1.0 - cover)) / 0.06, 0.0, 1.0) * rng.uniform(0.75, 1.0)
    margin = max(abs(down), abs(right))
    here = slice(margin, margin + size)
    cloud = thickness[here, here]
    casting = thickness[margin - down : margin - down + size, margin - right : margin - right + size]
    return Sky(cloud=cloud, shadow=0.6 * blur(casting, 1.5), haze=float(rng.gamma(2.0, 0.25)))
