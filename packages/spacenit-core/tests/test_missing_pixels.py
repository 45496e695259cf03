"""Every way in which pixels that are given to a model say that they are missing."""

from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core import GeoSample, SensorSet, UserError
from spacenit_core.pretrained.batch import as_batch
from spacenit_core.samples.visibility import MISSING

SENSORS = SensorSet.of(["sentinel2_l2a", "naip_10"])
DATES = [[(1, 0, 2020)]]
MASK = np.zeros((1, 4, 4, 1, 12), bool)
MASK[0, 0, 3] = True
VALUES = np.where(MASK, 20000, 1500).astype(np.uint16)


def missing_tokens(values: Any) -> list[list[int]]:
    made = as_batch(GeoSample(bands={"sentinel2_l2a": values}, timestamps=DATES), SENSORS, 1)
    assert float(made.pixels["sentinel2_l2a"].max()) < 1, "what lies under the mask was taken"
    return (made.visibility[0].reshape(4, 4, 3) == MISSING).all(-1).nonzero().tolist()


@pytest.mark.parametrize(
    "values",
    [
        np.ma.masked_array(VALUES, MASK),
        np.ma.masked_array(VALUES.astype(np.float32), MASK),
        [np.ma.masked_array(VALUES[0], MASK[0])],
        np.ma.masked_array(VALUES, MASK.any(-1, keepdims=True) & np.ones(12, bool), fill_value=0),
        np.where(MASK, np.nan, VALUES),
        np.where(MASK, -99999, VALUES.astype(int)),
        np.where(MASK, 0, VALUES),
        [[np.ma.masked_array(VALUES[0], MASK[0])[row] for row in range(4)]],
        np.ma.masked_array(VALUES.astype(">f4"), MASK),
        np.where(MASK, np.nan, VALUES).astype(">f4")[:, ::-1][:, ::-1],
        np.where(MASK, 0, VALUES)[::-1],
        torch.from_numpy(np.where(MASK, -99999.0, VALUES)).bfloat16(),
        torch.from_numpy(np.where(MASK, -99999.0, VALUES)).half(),
    ],
    ids=[
        *("masked whole numbers", "masked floats", "a list of them", "with a fill value", "NaN", "-99999", "zeros"),
        *("lists of lists", "big-endian masked", "big-endian", "read backwards", "-99999 in bfloat16", "in float16"),
    ],
)
def test_all_ways_of_saying_so_mean_the_same(values: Any) -> None:
    assert missing_tokens(values) == [[0, 3]]


def test_a_masked_tensor_and_a_masked_array_without_a_masked_pixel() -> None:
    values = torch.from_numpy(VALUES.astype(np.float32))
    with pytest.warns(UserWarning):
        masked = torch.masked.masked_tensor(values, torch.from_numpy(~MASK))
    assert missing_tokens(masked) == [[0, 3]]
    assert missing_tokens(np.ma.masked_array(VALUES.clip(0, 1500), False)) == []


def test_a_zero_in_some_bands_is_a_value_and_so_are_zeros_of_other_sensors() -> None:
    values = np.full_like(VALUES, 1500)
    values[0, 1, 1, 0, :4] = 0
    assert missing_tokens(values) == []
    naip = np.full((1, 16, 16, 1, 4), 90, np.uint8)
    naip[0, :4, :4] = 0
    made = as_batch(GeoSample(bands={"naip_10": naip}, timestamps=DATES), SENSORS, 1)
    assert not bool((made.visibility == MISSING).any())


def test_what_is_guessed_of_zeros_is_said(caplog: pytest.LogCaptureFixture) -> None:
    from spacenit_core.pretrained import batch

    batch._say_zeros.cache_clear()
    missing_tokens(np.where(MASK, 0, VALUES))
    missing_tokens(np.where(MASK, 0, VALUES))
    assert [record.getMessage().count("0 in all bands") for record in caplog.records] == [1]


def test_masked_dates_are_refused() -> None:
    dates = np.ma.masked_array([[(1, 0, 2020)]], [[(True, False, False)]])
    with pytest.raises(UserError, match="timestamps hold masked"):
        GeoSample(bands={"sentinel2_l2a": VALUES}, timestamps=dates)
