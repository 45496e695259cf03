"""Masking `stripes` on real layouts, found by its name."""

import numpy as np
import pytest

from spacenit_core.kinds.masking import MASKING
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet

BATCH = 64


def mask(layout, missing=None, seed=0, positions=range(BATCH), **settings):
    positions = list(positions)
    missing = np.zeros((len(positions), len(layout)), dtype=bool) if missing is None else missing
    draws = Draws(seed, 3, "masking view 0", positions, BATCH)
    return MASKING.get("stripes")(**settings).build()(layout, missing, draws)


@pytest.fixture
def layout():
    sensors = SensorSet.of(["landsat7_etm"])
    return TokenLayout.of(sensors, rows=4, columns=6, timesteps=3, patch_size=2)


def lines(visibility, layout):
    """Which patches are encoded, [rows, columns] of one sample, after checking that all dates and groups agree."""
    cube = visibility.reshape(layout["landsat7_etm"].shape)
    assert (cube == cube[:, :, :1, :1]).all()
    return cube[:, :, 0, 0] == ENCODE


@pytest.mark.parametrize(("row_ratio", "axis", "expected"), [(1.0, 1, 2), (0.0, 0, 3)])
def test_whole_lines_are_encoded_and_the_others_predicted(layout, row_ratio, axis, expected):
    for sample in mask(layout, row_ratio=row_ratio):
        encoded = lines(sample, layout)
        assert (encoded.all(axis=axis) == encoded.any(axis=axis)).all()
        assert encoded.any(axis=axis).sum() == expected
        assert set(np.unique(sample)) == {ENCODE, DECODE}


def test_samples_differ_in_direction_and_lines(layout):
    patterns = {lines(sample, layout).tobytes() for sample in mask(layout)}
    in_rows = [lines(sample, layout).all(axis=1).any() for sample in mask(layout)]

    assert len(patterns) > 10
    assert 0.3 < np.mean(in_rows) < 0.7


@pytest.mark.parametrize(("encode_ratio", "expected"), [(0.0, 1), (0.25, 1), (0.75, 3), (1.0, 3)])
def test_something_is_always_encoded_and_something_predicted(layout, encode_ratio, expected):
    for sample in mask(layout, row_ratio=1.0, encode_ratio=encode_ratio):
        assert lines(sample, layout).any(axis=1).sum() == expected


def test_only_lines_with_data_are_counted(layout):
    missing = np.zeros((BATCH, len(layout)), dtype=bool)
    missing[:, layout.row > 1] = True

    for sample in mask(layout, missing, row_ratio=1.0):
        assert (sample[layout.row > 1] == MISSING).all()
        assert sorted({int(sample[layout.row == row][0]) for row in (0, 1)}) == [ENCODE, DECODE]


def test_a_single_row_is_cut_into_columns_and_a_single_patch_is_encoded():
    sensors = SensorSet.of(["landsat7_etm"])
    row = TokenLayout.of(sensors, rows=1, columns=4, timesteps=1, patch_size=2)
    patch = TokenLayout.of(sensors, rows=1, columns=1, timesteps=1, patch_size=2)

    assert all(lines(sample, row).sum() == 2 for sample in mask(row, row_ratio=1.0))
    assert (mask(patch) == ENCODE).all()


def test_sensors_without_a_grid_are_encoded():
    layout = TokenLayout.of(SensorSet.of(["sentinel1", "era5_10"]), rows=4, columns=4, timesteps=2, patch_size=2)

    assert (mask(layout)[:, layout["era5_10"].tokens] == ENCODE).all()


def test_a_row_of_the_batch_does_not_depend_on_who_holds_it(layout):
    whole = mask(layout)

    np.testing.assert_array_equal(
        np.concatenate([mask(layout, positions=range(40)), mask(layout, positions=range(40, 64))]), whole
    )
    assert (mask(layout, seed=1) != whole).any()
