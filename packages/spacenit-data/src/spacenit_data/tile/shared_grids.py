"""Which images are cut from one grid, and in which reference system that lies.

Images in metres on the ground keep their own system: those of one system that overlap share a grid, those of
neighbouring zones do not, however long the chain. Images that have no such system (degrees, Web Mercator) come onto a
grid that they overlap and that is metric where they lie, else to their UTM zone.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from attrs import define
from rasterio.crs import CRS

from spacenit_core.errors import UserError
from spacenit_data.tile.grid import Box, at, project_bounds
from spacenit_data.tile.ground import (
    FROM_MERIDIAN,
    from_meridian,
    ground_size,
    is_ground_metric,
    stretch,
    target_crs,
    turn_of,
    utm,
)
from spacenit_data.tile.rasters import Raster

WIDEST_UTM_AREA = 12.0
"""Degrees of longitude; wider areas would be stretched by more than half a per cent."""

MUCH_MORE_STRETCH = 0.005

SAME_GROUND = 0.75
"""Share of the larger of two images of one sensor that both show, from which on they are dates of one place."""

MOSTLY_WITHIN = 0.5
"""Share of the smaller of two sensors' images that both show, from which on the sensors are sampled together."""


@define
class SharedGrid:
    """Images to cut from one grid.

    Attributes:
        crs: its reference system.
        leaders: the images where samples are made, in the order given.
        followers: images that are only looked at where samples are.
    """

    crs: CRS
    leaders: list[Raster]
    followers: list[Raster]


def share_grids(rasters: Sequence[Raster], crs: str | None) -> list[SharedGrid]:
    """Divide images among grids.

    Args:
        rasters: the images where samples are made.
        crs: the reference system of all grids, where the user names one.

    Raises:
        UserError: where cells of that system would not be metres on the ground, or an image is too wide for one zone.
    """
    order = {id(raster): number for number, raster in enumerate(rasters)}
    if crs is not None:
        target = target_crs(crs)
        for raster in rasters:
            _check_metres(raster, target, crs)
        shared = [SharedGrid(target, group, []) for group in overlapping(rasters)]
    else:
        at_home = [raster for raster in rasters if is_ground_metric(raster.crs, _corners(raster))]
        others = [raster for raster in rasters if not any(raster is other for other in at_home)]
        shared = _merge_same_ground(_by_system(at_home))
        for group in overlapping(others):
            _house(group, shared)
        _let_follow(rasters, shared)
    for item in shared:
        item.leaders.sort(key=lambda raster: order[id(raster)])
    return sorted(shared, key=lambda item: order[id(item.leaders[0])])


def overlap(raster: Raster, others: Sequence[Raster]) -> np.ndarray:
    """Which of other images the box around an image in degrees overlaps: bool ``[n]``."""
    return common_area(raster.bounds, np.array([other.bounds for other in others]).reshape(-1, 4)) > 0.0


def common_area(box: Box, boxes: np.ndarray) -> np.ndarray:
    """Square degrees that a box shares with others, whichever way their longitudes are written.

    Args:
        box: west, south, east and north.
        boxes: ``[n, 4]``, the same of others.

    Returns:
        ``[n]``.
    """
    west, south, east, north = boxes.T
    height = np.minimum(box[3], north) - np.maximum(box[1], south)
    turns = np.array([[-360.0], [0.0], [360.0]])
    width = (np.minimum(box[2], east + turns) - np.maximum(box[0], west + turns)).max(axis=0)
    return np.maximum(width, 0.0) * np.maximum(height, 0.0)


def common_share(a: Raster, b: Raster, *, of: Callable[[Iterable[float]], float]) -> float:
    """The ground that two images have in common, as a share of that of the smaller (`of=min`) or larger (`of=max`)."""
    sizes = [(east - west) * (north - south) for west, south, east, north in (a.bounds, b.bounds)]
    return float(common_area(a.bounds, np.array([b.bounds]))[0]) / of(sizes)


def overlapping(rasters: Sequence[Raster]) -> list[list[Raster]]:
    """Images that hang together, each group and all groups in the order given."""
    if not rasters:
        return []
    boxes = np.array([raster.bounds for raster in rasters])
    group = np.full(len(rasters), -1)
    for first in range(len(rasters)):
        if group[first] >= 0:
            continue
        group[first], todo = first, [first]
        while todo:
            touches = (group < 0) & (common_area(rasters[todo.pop()].bounds, boxes) > 0.0)
            group[touches] = first
            todo += np.flatnonzero(touches).tolist()
    return [[rasters[int(i)] for i in np.flatnonzero(group == first)] for first in np.unique(group)]


def bounds_in(raster: Raster, crs: CRS) -> Box:
    """The box around an image in a reference system.

    Raises:
        UserError: where it has no place there.
    """
    xs, ys = zip(*_corners(raster)[1:], strict=True)
    box = min(xs), min(ys), max(xs), max(ys)
    bounds = box if raster.crs == crs else project_bounds(raster.crs, crs, box)
    if not np.isfinite(bounds).all():
        raise UserError(f"{raster.path} has no place in {crs.to_string()}", "choose another --crs")
    turn = turn_of(crs)
    if turn is not None and bounds[2] - bounds[0] > turn / 2 and raster.bounds[2] - raster.bounds[0] < 180.0:
        raise UserError(f"{raster.path} lies across the edge of the map of {crs.to_string()}", "choose another --crs")
    return bounds


def has_pixels_of(raster: Raster, size: float) -> bool:
    """Whether its pixels are upright squares of a size in the units of its reference system."""
    transform = raster.transform
    return transform.b == 0 == transform.d and np.allclose([transform.a, -transform.e], size, rtol=1e-6, atol=0.0)


def _corners(raster: Raster) -> list[tuple[float, float]]:
    """Its centre and corners in its own reference system."""
    ends = [at(raster.transform, x, y) for x in (0, raster.width) for y in (0, raster.height)]
    return [raster.center, *ends]


def _corners_in(raster: Raster, crs: CRS) -> list[tuple[float, float]]:
    west, south, east, north = bounds_in(raster, crs)
    middle = (west + east) / 2, (south + north) / 2
    return [middle, (west, south), (west, north), (east, south), (east, north)]


def _check_metres(raster: Raster, crs: CRS, text: str) -> None:
    points = _corners_in(raster, crs)
    if is_ground_metric(crs, points):
        return
    hint = f"leave out --crs, or name a system made for that place, such as {_utm_of(*raster.bounds)}"
    if (off := from_meridian(crs, *points[0])) > FROM_MERIDIAN:
        raise UserError(f"--crs {text}: {raster.path} lies {off:.0f} degrees from that system's middle", hint)
    worst = points[0] if turn_of(crs) is None else max(points, key=lambda point: stretch(crs, *point))
    sizes = [f"{10.0 * size:.3g}" for size in ground_size(crs, *worst)]
    raise UserError(
        f"--crs {text}: where {raster.path} lies, a cell of 10 x 10 m in it is {' x '.join(sizes)} m on the ground",
        hint,
    )


def _utm_of(west: float, south: float, east: float, north: float) -> CRS:
    return utm((south + north) / 2, ((west + east) / 2 + 180.0) % 360.0 - 180.0)


def _by_system(rasters: Sequence[Raster]) -> list[SharedGrid]:
    """Images of one reference system that overlap, first those whose pixels need no resampling."""
    systems: list[tuple[CRS, list[Raster]]] = []
    for raster in rasters:
        members = next((members for crs, members in systems if crs == raster.crs), None)
        if members is None:
            systems.append((raster.crs, [raster]))
        else:
            members.append(raster)
    shared = [SharedGrid(crs, group, []) for crs, members in systems for group in overlapping(members)]
    return sorted(shared, key=lambda item: not any(has_pixels_of(r, r.sensor.gsd) for r in item.leaders))


def _merge_same_ground(shared: Sequence[SharedGrid]) -> list[SharedGrid]:
    """Put images of different systems onto one grid where they show the same ground and not merely touch."""
    kept: list[SharedGrid] = []
    merged: dict[int, list[Raster]] = {}
    for item in shared:
        other = next((other for other in kept if _shows_the_ground_of(item, other)), None)
        if other is None:
            kept.append(item)
        else:
            merged.setdefault(id(other), []).extend(item.leaders)
    for item in kept:
        item.leaders = item.leaders + merged.get(id(item), [])
    return kept


def _shows_the_ground_of(item: SharedGrid, other: SharedGrid) -> bool:
    for a in item.leaders:
        same = [b for b in other.leaders if (a.sensor.name, a.date) == (b.sensor.name, b.date) and _share_bands(a, b)]
        if overlap(a, same).any():
            return False
    return all(any(_same_place(a, b) for b in other.leaders) for a in item.leaders)


def _share_bands(a: Raster, b: Raster) -> bool:
    return not set(a.channels).isdisjoint(b.channels)


def _same_place(a: Raster, b: Raster) -> bool:
    if a.sensor.name == b.sensor.name:
        return common_share(a, b, of=max) >= SAME_GROUND
    return common_share(a, b, of=min) >= MOSTLY_WITHIN


def _house(group: list[Raster], shared: list[SharedGrid]) -> None:
    """Give images without a grid of their own a place in `shared`, in several grids where one would stretch."""
    host = next((item for item in shared if _can_hold(item, group)), None)
    if host is not None:
        host.leaders = host.leaders + group
        return
    west, south, east, north = _box_around(group)
    if east - west <= WIDEST_UTM_AREA or not -80.0 <= (south + north) / 2 <= 84.0:
        shared.append(SharedGrid(_utm_of(west, south, east, north), group, []))
    elif len(group) > 1:
        zones: dict[str, list[Raster]] = {}
        for raster in group:
            zones.setdefault(_utm_of(*raster.bounds).to_string(), []).append(raster)
        parts = [part for members in zones.values() for part in overlapping(members)]
        for part in parts if len(parts) > 1 else [[raster] for raster in group]:
            _house(part, shared)
    elif not any(overlap(group[0], item.leaders).any() for item in shared):
        raise UserError(
            f"{group[0].path} is {east - west:.0f} degrees wide, too much for one UTM zone",
            "name a projected reference system that suits it: --crs EPSG:3035, for instance; or tile it in parts",
        )


def _can_hold(item: SharedGrid, group: Sequence[Raster]) -> bool:
    if not any(overlap(raster, item.leaders).any() for raster in group):
        return False
    here = max(stretch(item.crs, *point) for point in _corners_in(item.leaders[0], item.crs))
    try:
        there = max(stretch(item.crs, *point) for raster in group for point in _corners_in(raster, item.crs))
    except UserError:
        return False
    return there <= here + MUCH_MORE_STRETCH


def _box_around(group: Sequence[Raster]) -> Box:
    first = group[0].bounds[0]
    # Longitudes are brought to the turn of the first image, so that areas across the date line stay narrow.
    spans = [
        (w + turn, s, e + turn, n)
        for w, s, e, n in (raster.bounds for raster in group)
        for turn in [round((first - w) / 360.0) * 360.0]
    ]
    return union(spans)


def union(boxes: Iterable[Box]) -> Box:
    """The box around boxes."""
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _let_follow(rasters: Sequence[Raster], shared: Sequence[SharedGrid]) -> None:
    """Show each grid the images of other grids whose sensor has none of its own there, and those that lead nowhere."""
    leading = {id(leader) for item in shared for leader in item.leaders}
    if len(shared) == 1 and len(leading) == len(rasters):
        return
    for item in shared:
        boxes = np.array([leader.bounds for leader in item.leaders])
        own = {id(leader) for leader in item.leaders}
        sensors = np.array([leader.sensor.name for leader in item.leaders])
        for raster in rasters:
            meets = common_area(raster.bounds, boxes) > 0.0
            taken = id(raster) in own or raster.sensor.name in sensors[meets]
            if meets.any() and (not taken or id(raster) not in leading):
                item.followers = [*item.followers, raster]
