"""How much of a benchmark's test ground a run was pretrained on: computed from where both lie."""

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.samples.georeference import Georeference
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.ground_overlap import Ground, GroundOverlap, near_ground, overlap, pretraining_ground

from .arrays_benchmark import ArraysBenchmark, radar
from .conftest import SIDE, TILE

# The set of `h5py_dir` begins at x 500,000 and y 5,200,000 of EPSG:32633, on the meridian of 15 degrees east: a degree
# of longitude there has 76,092 m and one of latitude 111,126 m.
NORTH, WEST = 46.953529, 15.0
EAST, SOUTH = 1 / 76_092, -1 / 111_126


def benchmark(metres: list[tuple[float, float]]) -> ArraysBenchmark:
    """Test samples so many metres east and south of the set's corner; training samples far away."""
    tested = np.array([(NORTH + south * SOUTH, WEST + east * EAST) for east, south in metres])
    latlon = np.concatenate([np.full_like(tested, 10.0), tested])
    return ArraysBenchmark({"sentinel1": radar(len(latlon))}, latlon=latlon)


def test_test_samples_on_the_ground_of_a_run_are_counted(trained: TrainedRun) -> None:
    side = SIDE * TILE * 10.0
    given = benchmark([(40, 40), (side - 40, side - 40), (side + 50, 100), (-400, 100)])
    assert overlap(trained, given) == GroundOverlap(near=2, tested=4, distance=0.0)
    assert overlap(trained, given, 100.0) == GroundOverlap(near=3, tested=4, distance=100.0)
    found = overlap(trained, given, 500.0)
    assert found is not None and found.share == 1.0


def test_unknown_positions_are_no_zero(trained: TrainedRun) -> None:
    assert overlap(trained, ArraysBenchmark({"sentinel1": radar(4)})) is None
    half = benchmark([(40, 40), (50, 50)])
    half._latlon[-1] = np.nan
    assert overlap(trained, half) == GroundOverlap(near=1, tested=1, distance=0.0)
    released = evolve(trained, experiment={"run_name": "released"})
    assert overlap(released, benchmark([(40, 40)])) is None
    with pytest.raises(UserError, match="does not say which data it was pretrained on"):
        pretraining_ground(released.experiment)


def test_a_set_that_is_not_here_is_unknown(trained: TrainedRun) -> None:
    moved = {**trained.experiment, "dataset": {"type": "h5_tiles", "h5py_dir": "/nowhere"}}
    assert overlap(evolve(trained, experiment=moved), benchmark([(40, 40)])) is None


def test_systems_and_sizes_are_each_their_own() -> None:
    georeference = Georeference(
        numbers=np.arange(3),
        crs=np.array(["EPSG:32633", "EPSG:32634", "EPSG:32633"]),
        left=np.array([500_000.0, 500_000.0, 600_000.0]),
        top=np.array([5_200_000.0] * 3),
        gsd=np.array([10.0, 10.0, 20.0]),
    )
    # The middle of zone 34 is 6 degrees further east; the third square has twice the side.
    places = np.array(
        [
            (NORTH + 300 * SOUTH, 15.0 + 300 * EAST),
            (NORTH + 300 * SOUTH, 21.0 + 300 * EAST),
            (NORTH + 300 * SOUTH, 18.0),
            # Opposite the first: a projection that does not look where it is put gives both one x and y.
            (-NORTH - 300 * SOUTH, -165.0 + 300 * EAST),
            (-NORTH - 300 * SOUTH, -165.0 - 300 * EAST),
        ]
    )
    found = near_ground(Ground(georeference=georeference, cells=64), places, 0.0)
    assert found == GroundOverlap(near=2, tested=5, distance=0.0)
