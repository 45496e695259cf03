"""Splits by place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacenit_core.errors import UserError
from spacenit_evals.splits import fold_blocks, numbered, spatial_blocks, split_blocks, touches


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 1)), min_size=2, max_size=30),
    st.floats(10, 1e5),
)
def test_points_of_a_block_are_near_and_of_one_region(points: list[tuple[float, float, int]], metres: float) -> None:
    x, y, region = (np.array(axis) for axis in zip(*points, strict=True))
    number = numbered(spatial_blocks(x, y, region, metres))
    for block in np.unique(number):
        here = number == block
        assert np.ptp(x[here]) <= metres and np.ptp(y[here]) <= metres
        assert len(np.unique(region[here])) == 1


def test_points_in_one_square_share_a_block() -> None:
    x, y = np.array([1.0, 99.0, 101.0]), np.array([5.0, 5.0, 5.0])
    number = numbered(spatial_blocks(x, y, np.zeros(3, int), 100.0))
    assert number[0] == number[1] != number[2]


def test_a_split_never_divides_a_block_and_has_all_classes_on_both_sides() -> None:
    rng = np.random.default_rng(0)
    blocks, labels = rng.integers(0, 20, 400), rng.integers(0, 5, 400)
    for seed in range(5):
        train = split_blocks(blocks, labels, 0.3, seed)
        assert not set(blocks[train]) & set(blocks[~train])
        assert set(labels[train]) == set(labels[~train]) == set(range(5))
        assert len(set(blocks[train])) == 6
    assert (split_blocks(blocks, labels, 0.3, 0) == split_blocks(blocks, labels, 0.3, 0)).all()
    assert (split_blocks(blocks, labels, 0.3, 0) != split_blocks(blocks, labels, 0.3, 1)).any()


@pytest.mark.parametrize(("blocks", "labels"), [([0, 0, 0], [0, 1, 2]), ([0, 0, 1, 1], [0, 0, 1, 1])])
def test_an_impossible_split_says_what_to_change(blocks: list[int], labels: list[int]) -> None:
    with pytest.raises(UserError, match="cannot be split") as error:
        split_blocks(np.array(blocks), np.array(labels), 0.5, 0)
    assert "--block" in str(error.value)


def test_folds_are_whole_blocks_that_leave_all_classes_to_train_on() -> None:
    rng = np.random.default_rng(0)
    blocks, labels = rng.integers(0, 23, 300), rng.integers(0, 4, 300)
    fold = fold_blocks(blocks, labels, 5, 0)
    assert set(fold) == set(range(5))
    for number in np.unique(blocks):
        assert len(set(fold[blocks == number])) == 1
    sizes = [len(set(blocks[fold == number])) for number in range(5)]
    assert max(sizes) - min(sizes) <= 1
    with pytest.raises(UserError, match="--folds"):
        fold_blocks(np.array([0, 1, 2]), np.array([0, 1, 2]), 3, 0)


def test_windows_that_reach_into_used_blocks_are_found() -> None:
    used = np.array([[0, 0, 0]])
    x = np.array([50.0, 105.0, 115.0, 110.0, 105.0])
    y = np.array([50.0, 50.0, 50.0, 50.0, 105.0])
    region = np.array([0, 0, 0, 0, 0])
    assert touches(x, y, region, 100.0, 10.0, used).tolist() == [True, True, False, False, True]
    assert not touches(x, y, region + 1, 100.0, 10.0, used).any()
