"""Whether a benchmark tests on ground that a model of ours was pretrained on: computed from where samples lie."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from spacenit_core.config import structure
from spacenit_core.contracts.build import build
from spacenit_core.errors import SpaceNitError, UserError
from spacenit_core.kinds.benchmarks import Benchmark
from spacenit_core.kinds.datasets import DatasetConfig
from spacenit_core.pretrained.run import RunModel
from spacenit_core.samples.georeference import Georeference

_SAME = 1e-4
"""Degrees by which a position may differ once it was projected and back."""


@frozen(kw_only=True)
class GroundOverlap:
    """How many test samples lie on ground that was pretrained on.

    Attributes:
        near: those within the distance.
        tested: all whose position is known.
        distance: metres.
    """

    near: int
    tested: int
    distance: float

    @property
    def share(self) -> float:
        """Of the test samples."""
        return self.near / self.tested


@frozen(kw_only=True, eq=False)
class Ground:
    """Squares of ground.

    Attributes:
        georeference: the corner of each, and metres per cell.
        cells: along one side of each.
    """

    georeference: Georeference
    cells: int


def overlap(run: RunModel, benchmark: Benchmark, distance: float = 0.0) -> GroundOverlap | None:
    """Count the test samples of a benchmark on ground that a run was pretrained on.

    Args:
        run: a run with its experiment; its data set says where its samples lie.
        benchmark: its samples say where they lie.
        distance: metres from the ground of a pretraining sample, along x and y of its grid, that still count.

    Returns:
        None where either does not know, or the data set is not here.

    Raises:
        DataError: where samples of the benchmark cannot be read.
    """
    try:
        ground = pretraining_ground(run.experiment)
    except SpaceNitError:
        return None
    tested = tested_samples(benchmark)
    latlon = np.full((len(benchmark.numbers), 2), np.nan)
    for numbers, samples in benchmark.samples(benchmark.numbers[tested]):
        latlon[np.searchsorted(benchmark.numbers, numbers)] = [sample.latlon for sample in samples]
    return near_ground(ground, latlon[tested], distance)


def seen_ground(experiment: Mapping[str, Any], latlon: np.ndarray) -> str:
    """In words, how many test samples lie on ground that a run was pretrained on; empty where that is not known.

    Args:
        experiment: the run's settings as plain data.
        latlon: of the middles of the test samples, degrees, ``[m, 2]``; NaN where unknown.
    """
    try:
        found = near_ground(pretraining_ground(experiment), latlon, 0.0)
    except SpaceNitError:
        return ""
    return "" if found is None else f"ground of {found.near} of {found.tested} test samples"


def pretraining_ground(experiment: Mapping[str, Any]) -> Ground:
    """Where the samples lie that a run was pretrained on.

    Args:
        experiment: the run's settings as plain data.

    Raises:
        UserError: where the run names no data set, or one that does not say where its samples lie.
        DataError: where it cannot be read.
    """
    from spacenit_core.sensors.selection import SensorSet

    stated, sensors = experiment.get("dataset"), experiment.get("sensors")
    if not stated or not sensors:
        raise UserError("the model does not say which data it was pretrained on", "name a run, not a released model")
    # Only places are looked at: copies of samples nearer by would be made for nothing.
    there = {name: value for name, value in stated.items() if name != "cache_dir"}
    dataset: Any = build(structure(there, DatasetConfig), SensorSet.of(sensors))
    if not hasattr(dataset, "georeference"):
        raise UserError("the data set that the run was pretrained on does not say where its samples lie")
    found = dataset.georeference()
    used = np.isin(found.numbers, dataset.numbers)
    columns = (found.numbers, found.crs, found.left, found.top, found.gsd)
    return Ground(georeference=Georeference(*(column[used] for column in columns)), cells=int(dataset.tile_size or 1))


def tested_samples(benchmark: Benchmark) -> np.ndarray:
    """Which samples are tested in any split, bool ``[n]``."""
    return np.any([split.test for draw in benchmark.draws for split in draw], axis=0)


def near_ground(ground: Ground, latlon: np.ndarray, distance: float) -> GroundOverlap | None:
    """Count positions on or near squares of ground.

    Args:
        ground: the squares.
        latlon: degrees, ``[m, 2]``; NaN where unknown.
        distance: metres along x and y from a square that still count.

    Returns:
        None where no position is known.
    """
    known = latlon[np.isfinite(latlon).all(axis=1)]
    if not len(known) or not len(ground.georeference):
        return None
    near = np.zeros(len(known), bool)
    for places, middles, half in _squares(ground, known):
        near |= _within(places, middles, half + distance)
    return GroundOverlap(near=int(near.sum()), tested=len(known), distance=distance)


def _squares(ground: Ground, latlon: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """For squares of each system and size: the positions in that system ``[m, 2]``, the middles, half of one side."""
    georeference = ground.georeference
    for crs in np.unique(georeference.crs):
        places = _projected(latlon, str(crs))
        for gsd in np.unique(georeference.gsd[georeference.crs == crs]):
            chosen = (georeference.crs == crs) & (georeference.gsd == gsd)
            half = float(gsd) * ground.cells / 2
            yield places, np.stack([georeference.left[chosen] + half, georeference.top[chosen] - half], axis=1), half


def _projected(latlon: np.ndarray, crs: str) -> np.ndarray:
    """Positions in a reference system, ``[m, 2]``; NaN for those that it cannot express.

    Far from its middle a projection may put two sides of the Earth on one place, so each is looked up again.
    """
    from rasterio.warp import transform

    lat, lon = latlon.T
    x, y = transform("EPSG:4326", crs, lon.tolist(), lat.tolist())
    back_lon, back_lat = transform(crs, "EPSG:4326", x, y)
    with np.errstate(invalid="ignore"):
        turned = np.abs((np.array(back_lon) - lon + 180) % 360 - 180)
    found = np.stack([x, y], axis=1)
    found[~((turned < _SAME) & (np.abs(np.array(back_lat) - lat) < _SAME))] = np.nan
    return found


def _within(places: np.ndarray, middles: np.ndarray, reach: float) -> np.ndarray:
    """Whether a middle is so near along x and y, bool ``[m]``; places that a system cannot express are not."""
    from scipy.spatial import cKDTree

    found = np.zeros(len(places), bool)
    there = np.isfinite(places).all(axis=1)
    if there.any():
        distance, _ = cKDTree(middles).query(places[there], p=np.inf)
        found[there] = distance <= reach
    return found
