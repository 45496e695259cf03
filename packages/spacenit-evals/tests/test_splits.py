"""Splits by place: no ground on both sides, in one reference system and across several."""

import numpy as np
import pytest
import rasterio.warp

from spacenit_core.errors import UserError
from spacenit_evals.benchmarks.labelled_rasters.ground import Squares, squares_of, window_boxes
from spacenit_evals.benchmarks.labelled_rasters.splits import Split, apart, draw_folds, draw_splits
from spacenit_evals.benchmarks.labelled_rasters.windows import WindowLocations
from spacenit_evals.cli.options import OPTIONS
from spacenit_evals.labels.locations import SampleLocations

from .lattice import locations, some_points, windows_of

ONE = locations(("EPSG:32633", 5e5, 5.2e6), ("EPSG:32633", 5e5 + 640, 5.2e6), ("EPSG:32633", 5e5 + 200, 5.2e6 - 500))
# The seam of two UTM zones, where samples of both show the same ground.
SEAM = locations(
    ("EPSG:32632", 728_100.0, 5_208_000.0),
    ("EPSG:32633", 272_000.0, 5_208_500.0),
    ("EPSG:32633", 271_700.0, 5_208_050.0),
    ("EPSG:32632", 728_600.0, 5_207_700.0),
)


def shared_ground(where: SampleLocations, windows: WindowLocations, split: Split) -> int:
    """Pairs of a training and a test window that overlap, found window by window in metres."""
    boxes, crs = window_boxes(where, windows), where.crs[where.of(windows.sample)]
    pairs = 0
    for number in np.flatnonzero(split.test):
        for name in np.unique(crs):
            ours = np.flatnonzero(split.train & (crs == name))
            west, south, east, north = boxes[number]
            grid = np.meshgrid(np.linspace(west + 0.1, east - 0.1, 9), np.linspace(south + 0.1, north - 0.1, 9))
            x, y = (axis.reshape(-1) for axis in grid)
            if crs[number] != name:
                x, y = (np.array(axis) for axis in rasterio.warp.transform(crs[number], name, x, y))
            inside = (x >= boxes[ours, 0][:, None]) & (x <= boxes[ours, 2][:, None])
            inside &= (y >= boxes[ours, 1][:, None]) & (y <= boxes[ours, 3][:, None])
            pairs += int(inside.any(axis=1).sum())
    return pairs


@pytest.mark.parametrize("where", [ONE, SEAM], ids=["one system", "the seam of two zones"])
@pytest.mark.parametrize(("cells", "block"), [(3, 90.0), (8, 80.0), (8, 250.0), (16, 200.0)])
def test_no_ground_lies_in_a_training_and_in_a_test_window(where: SampleLocations, cells: int, block: float) -> None:
    points = some_points(where, 300, seed=cells)
    windows = windows_of(points, cells)
    squares = squares_of(points, windows, block)
    (split,) = draw_splits(squares, points.label, 0.3, 1, 1)
    assert split.train.sum() > 5 and split.test.sum() > 5
    assert shared_ground(where, windows, split) == 0
    # It is the windows that were left out which would have shared some.
    everything = np.isin(squares.own, squares.own[split.train])
    assert shared_ground(where, windows, Split(everything, ~everything)) > 0


def test_the_same_ground_is_in_the_same_square_whatever_the_zone() -> None:
    x, y = rasterio.warp.transform("EPSG:32632", "EPSG:32633", [728_320.0], [5_207_680.0])
    where = locations(("EPSG:32632", 728_000.0, 5_208_000.0), ("EPSG:32633", x[0] - 322.0, y[0] + 322.0))
    points = some_points(where, 2, seed=0)
    points.sample[:], points.row[:], points.column[:] = (0, 1), 32, 32
    squares = squares_of(points, windows_of(points, 1), 500.0)
    assert squares.own[0] == squares.own[1]
    near = squares_of(points, windows_of(points, 1), 10.0)
    assert set(near.square[near.window == 0]) & set(near.square[near.window == 1])


def test_squares_go_on_across_the_date_line() -> None:
    """Zones 60 and 1 meet in Fiji: the last sample of one and the first of the other show the same ground."""
    x, y = rasterio.warp.transform("EPSG:4326", "EPSG:32760", [180.0], [-17.0])
    east, north = rasterio.warp.transform("EPSG:4326", "EPSG:32701", [-180.0], [-17.0])
    where = locations(("EPSG:32760", x[0] - 320, y[0] + 320), ("EPSG:32701", east[0] - 320, north[0] + 320))
    points = some_points(where, 120, seed=3, classes=2)
    windows = windows_of(points, 8)
    squares = squares_of(points, windows, 160.0)
    assert squares.count < 60
    split = apart(squares, squares.own < np.median(squares.own))
    assert split.train.any() and split.test.any() and shared_ground(where, windows, split) == 0


def test_squares_are_those_of_the_metres_of_a_single_system() -> None:
    points = some_points(ONE, 200, seed=0)
    squares = squares_of(points, windows_of(points, 1), 100.0)
    for square in np.unique(squares.own):
        here = squares.own == square
        assert np.ptp(points.x[here]) <= 100.0 and np.ptp(points.y[here]) <= 100.0
        assert len({(x // 100, y // 100) for x, y in zip(points.x[here], points.y[here], strict=True)}) == 1


def test_windows_that_end_on_a_border_do_not_reach_across_it() -> None:
    where = locations(("EPSG:32633", 0.0, 640.0))
    points = some_points(where, 4, seed=0)
    points.row[:], points.column[:] = 2, (2, 5, 6, 8)
    squares = squares_of(points, windows_of(points, 4), 80.0)
    assert np.bincount(squares.window).tolist() == [1, 1, 1, 2]
    assert squares.own[0] == squares.own[1] == squares.own[2] != squares.own[3]


def plain(blocks: np.ndarray) -> Squares:
    """Windows that reach into their own square alone."""
    numbers = np.unique(blocks, return_inverse=True)[1].reshape(-1)
    return Squares(numbers, np.arange(len(blocks)), numbers, int(numbers.max()) + 1)


def test_a_split_never_divides_a_block_and_has_all_classes_on_both_sides() -> None:
    rng = np.random.default_rng(0)
    blocks, labels = rng.integers(0, 20, 400), rng.integers(0, 5, 400)
    splits = [draw_splits(plain(blocks), labels, 0.3, seed, 1)[0] for seed in (0, 1, 2, 0)]
    for split in splits:
        assert not set(blocks[split.train]) & set(blocks[split.test])
        assert set(labels[split.train]) == set(labels[split.test]) == set(range(5))
        assert len(set(blocks[split.train])) == 6 and (split.train ^ split.test).all()
    assert (splits[0].train == splits[3].train).all() and (splits[0].train != splits[1].train).any()


@pytest.mark.parametrize(("blocks", "labels"), [([0, 0, 0], [0, 1, 2]), ([0, 0, 1, 1], [0, 0, 1, 1])])
def test_an_impossible_split_says_what_to_change(blocks: list[int], labels: list[int]) -> None:
    with pytest.raises(UserError, match="cannot be split") as error:
        draw_splits(plain(np.array(blocks)), np.array(labels), 0.5, 0, 1)
    assert "use smaller blocks, another share or more labels" in str(error.value)


def test_windows_that_leave_nothing_to_test_are_named_as_the_reason() -> None:
    blocks, labels = np.arange(8), np.arange(8) % 2
    wide = Squares(blocks, np.repeat(blocks, 8), np.tile(blocks, 8), 8)
    with pytest.raises(UserError, match="once the windows that reach across are left out") as error:
        draw_splits(wide, labels, 0.5, 0, 1)
    assert "smaller windows" in str(error.value)
    error.value.name_options(OPTIONS)
    assert "smaller windows (--window), other blocks (--block) or another seed (--seed)" in str(error.value)


def test_folds_are_whole_blocks_that_leave_all_classes_to_train_on() -> None:
    rng = np.random.default_rng(0)
    blocks, labels = rng.integers(0, 23, 300), rng.integers(0, 4, 300)
    (splits,) = draw_folds(plain(blocks), labels, 5, 0, 1)
    assert (np.sum([split.test for split in splits], axis=0) == 1).all()
    sizes = [len(set(blocks[split.test])) for split in splits]
    assert max(sizes) - min(sizes) <= 1
    for split in splits:
        assert not set(blocks[split.train]) & set(blocks[split.test])
    with pytest.raises(UserError, match="fewer folds"):
        draw_folds(plain(np.arange(3)), np.arange(3), 3, 0, 1)


def test_several_draws_differ_and_begin_with_the_one_draw() -> None:
    rng = np.random.default_rng(0)
    blocks, labels = rng.integers(0, 8, 200), rng.integers(0, 3, 200)
    first = draw_splits(plain(blocks), labels, 0.5, 3, 1)[0]
    several = draw_splits(plain(blocks), labels, 0.5, 3, 5)
    assert (several[0].train == first.train).all()
    assert len({split.train.tobytes() for split in several}) == 5
    dealt = draw_folds(plain(blocks), labels, 4, 3, 2)
    assert [len(folds) for folds in dealt] == [4, 4]
    # Three squares of which one is for training can be drawn in three ways.
    three = draw_splits(plain(np.arange(30) % 3), np.arange(30) // 3 % 2, 0.3, 0, 5)
    assert len(three) == 3


def test_a_class_that_lies_beside_the_border_alone_keeps_its_training_windows() -> None:
    """Class 2 has points beside a border and in one other block: none would be left to train on."""
    where = locations(("EPSG:32633", 0.0, 640.0))
    points = some_points(where, 120, seed=0, classes=2)
    points.label[:] = 0
    points.label[:12] = 1
    for axis in (points.row, points.column):
        axis[:] = 10 + 32 * (axis // 32) + axis % 12
    points.row[:12], points.column[:12] = np.arange(12) * 4 + 2, np.where(np.arange(12) < 6, 31, 33)
    windows = windows_of(points, 8)
    squares = squares_of(points, windows, 320.0)
    with pytest.raises(UserError, match="left out"):
        draw_folds(squares, points.label, 4, 0, 1)
    (splits,) = draw_folds(squares, points.label, 4, 0, 1, lambda: squares_of(points, windows, 10.0))
    assert all(split.spared for split in splits)
    assert all(set(points.label[split.train]) == {0, 1} for split in splits)
    assert sum(shared_ground(where, windows, split) for split in splits) == 0
