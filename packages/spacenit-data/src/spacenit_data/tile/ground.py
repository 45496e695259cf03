"""Reference systems: where their metres are metres on the ground, how wide the world is in them, and UTM zones."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import CRSError

from spacenit_core.errors import UserError
from spacenit_data.tile.grid import WGS84, project

STRETCH = 0.05
"""Conformal and equal-area national grids stretch by a few per cent at their edges; feet, degrees and the view of a
geostationary satellite are far outside of this."""

WORLD_STRETCH = 0.005
"""Cells of a system of the whole world change with the latitude: Web Mercator's are 5 m instead of 10 at 60 degrees."""

FROM_MERIDIAN = 30.0
"""Degrees of longitude from the central meridian of a transverse Mercator system. UTM's zones reach 3 to either side,
Norway's only one 16; on the other side of the earth metres fit again, but east and north are turned."""

_EQUATOR, _ECCENTRICITY = 6378137.0, 0.00669437999014
_PROJECTED = "give a projected reference system in metres, such as EPSG:32633"


def is_ground_metric(crs: CRS, points: Sequence[tuple[float, float]]) -> bool:
    """Whether one unit of x and of y is one metre on the ground at some points, at a right angle.

    Args:
        crs: a reference system.
        points: the middle of an image, then its corners. A system that was made for a continent may stretch more at
            the corners of an image of all of it; one of the whole world, whose cells change all along, may not.
    """
    if not crs.is_projected or from_meridian(crs, *points[0]) > FROM_MERIDIAN:
        return False
    if turn_of(crs) is None:
        return stretch(crs, *points[0]) < STRETCH
    return all(stretch(crs, *point) < WORLD_STRETCH for point in points)


def stretch(crs: CRS, x: float, y: float) -> float:
    """By which share cells differ from squares of their nominal size near a point; infinite off the system's map."""
    steps = _ground_steps(crs, x, y)
    if steps is None:
        return math.inf
    lengths = np.linalg.norm(steps, axis=1)
    return max(float(np.abs(lengths - 1.0).max()), abs(float(steps[0] @ steps[1])))


def from_meridian(crs: CRS, x: float, y: float) -> float:
    """Degrees of longitude from the central meridian of a transverse Mercator system, as UTM is; 0 in other systems."""
    stated = crs.to_dict()
    if stated.get("proj") not in ("utm", "tmerc", "etmerc"):
        return 0.0
    middle = 6.0 * stated["zone"] - 183.0 if "zone" in stated else float(stated.get("lon_0", 0.0))
    lon, _ = project(crs, WGS84, x, y)
    return abs((float(lon[0]) - middle + 180.0) % 360.0 - 180.0) if np.isfinite(lon[0]) else math.inf


def ground_size(crs: CRS, x: float, y: float) -> tuple[float, float]:
    """Metres on the ground of one unit of x and of y near a point; NaN off the system's map."""
    steps = _ground_steps(crs, x, y)
    if steps is None:
        return math.nan, math.nan
    along_x, along_y = np.linalg.norm(steps, axis=1)
    return float(along_x), float(along_y)


def _ground_steps(crs: CRS, x: float, y: float) -> np.ndarray | None:
    """The steps of one unit in x and in y on the ground, metres in space ``[2, 3]``; good at the poles, too."""
    lon, lat = project(crs, WGS84, [x, x + 100.0, x], [y, y, y + 100.0])
    if not np.isfinite([*lon, *lat]).all():
        return None
    lon, lat = np.radians(lon), np.radians(lat)
    radius = _EQUATOR / np.sqrt(1.0 - _ECCENTRICITY * np.sin(lat) ** 2)
    across = radius * np.cos(lat)
    places = np.stack(
        [across * np.cos(lon), across * np.sin(lon), radius * (1.0 - _ECCENTRICITY) * np.sin(lat)], axis=1
    )
    return (places[1:] - places[0]) / 100.0


@lru_cache(maxsize=256)
def turn_of(crs: CRS) -> float | None:
    """How far x goes once around the world, in the system's units; None where that is no shift along x.

    A place has the coordinate x, x + turn, x - turn ... in systems in degrees (360), and in those of the whole world
    whose meridians are upright and evenly spaced (Mercator, plate carree, cylindrical equal-area).
    """
    if crs.is_geographic:
        return 2.0 * math.pi / float(crs.units_factor[1])
    if not crs.is_projected:
        return None
    middle = float(crs.to_dict().get("lon_0", 0.0))
    lons = (np.array([-60.0, 0.0, 60.0] * 2) + middle + 180.0) % 360.0 - 180.0
    x, _ = project(WGS84, crs, lons, [0.0] * 3 + [40.0] * 3)
    steps = np.diff(x.reshape(2, 3), axis=1)
    even = np.isfinite(steps).all() and steps[0, 0] > 0.0 and np.allclose(steps, steps[0, 0], rtol=1e-9, atol=0.0)
    return float(steps[0, 0]) * 6.0 if even else None


@lru_cache(maxsize=256)
def utm(lat: float, lon: float) -> CRS:
    """The UTM zone of a place (polar stereographic beyond 84 degrees north and 80 degrees south)."""
    if lat > 84.0 or lat < -80.0:
        return CRS.from_epsg(32661 if lat > 0 else 32761)
    zone = min(int((lon + 180.0) // 6.0) % 60 + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def target_crs(text: str) -> CRS:
    """The reference system that a user asked for.

    Raises:
        UserError: if it is unknown, local, or not in metres.
    """
    try:
        crs = CRS.from_user_input(text)
    except (CRSError, ValueError) as error:
        raise UserError(f"--crs {text!r} is no reference system that is known", _PROJECTED) from error
    if is_local(crs):
        raise UserError(f"--crs {text} is no map of the ground: a local, vertical or geocentric system", _PROJECTED)
    if not crs.is_projected or abs(crs.linear_units_factor[1] - 1.0) > 1e-9:
        raise UserError(f"--crs {text} is not in metres", _PROJECTED)
    return crs


def is_local(crs: CRS) -> bool:
    """Whether it is a site's own (engineering) system, which no transformation connects with longitude and latitude."""
    return not (crs.is_geographic or crs.is_projected)


def local_name(crs: CRS) -> str:
    """What a local system calls itself."""
    name = re.search(r'"([^"]+)"', crs.to_wkt())
    return name[1] if name else "without a name"
