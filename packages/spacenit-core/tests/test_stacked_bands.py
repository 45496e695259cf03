"""Windows as arrays of named bands, for models that normalise by themselves."""

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.stacked import check_units, require_units, stack_bands, stack_months, window_cells
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "srtm", "era5_10", "naip_10"])
OPTICAL = SENSORS["sentinel2_l2a"]


def window(dates=3, side=4, **bands):
    present = {name: np.ones(dates if SENSORS[name].temporal else 1, bool) for name in bands}
    months = [(1, (10 + date) % 12, 2020) for date in range(dates)]
    return SampleWindow(
        index=0, bands=bands, present=present, timestamps=np.array(months), latlon=np.zeros(2, np.float32)
    )


def optical(dates=3, side=4, value=1000):
    return np.full((side, side, dates, 12), value, np.uint16)


def test_bands_are_taken_by_name():
    values = optical() + np.arange(12, dtype=np.uint16)
    stacked = stack_bands([window(sentinel2_l2a=values)], OPTICAL, 4, 4)
    found, known = stacked.take(("B12", "B02"))

    assert found.dtype == np.float32 and found.shape == known.shape == (1, 4, 4, 3, 2) and known.all()
    assert (found == [1000 + OPTICAL.bands.index("B12"), 1000]).all()
    with pytest.raises(UserError, match="sentinel2_l2a has no band 'B10'"):
        stacked.take(("B02", "B10"))


def test_what_samples_dates_and_pixels_lack_is_unknown():
    holes = optical(2).astype(np.float32)
    holes[0, 0, 0, 3], holes[1, 1, 1, 5], holes[2, 2, 0] = NODATA, np.nan, 0
    partly = window(sentinel2_l2a=holes)
    partly.present["sentinel2_l2a"] = np.array([False, True, True])
    stacked = stack_bands([partly, window(2), window(2, sentinel2_l2a=optical(2))], OPTICAL, 4, 4)

    assert not stacked.known[0, :, :, 0].any() and not stacked.known[1].any() and not stacked.known[2, :, :, 2].any()
    assert stacked.known[2, :, :, :2].all() and (stacked.values[~stacked.known] == 0).all()
    unknown = {tuple(place) for place in np.argwhere(~stacked.known[0, :, :, 1:])}
    assert unknown == {(0, 0, 0, 3), (1, 1, 1, 5), *((2, 2, 0, band) for band in range(12))}


def test_sensors_without_time_or_grid_and_with_finer_pixels_are_stacked():
    given = window(
        srtm=np.ones((4, 4, 1, 1), np.float32),
        era5_10=np.full((3, 6), 290.0, np.float32),
        naip_10=np.ones((16, 16, 1, 4), np.uint8),
    )
    shapes = {name: stack_bands([given], SENSORS[name], 4, 4).values.shape for name in given.bands}
    assert shapes == {"srtm": (1, 4, 4, 1, 1), "era5_10": (1, 1, 1, 3, 6), "naip_10": (1, 16, 16, 1, 4)}
    assert window_cells([given, window()], SENSORS) == (4, 4) and window_cells([window()], SENSORS) == (1, 1)
    with pytest.raises(UserError, match="differ in size: 4 x 4, 8 x 8 cells"):
        window_cells([given, window(sentinel2_l2a=optical(side=8))], SENSORS)


def test_months_of_shorter_series_repeat_the_last():
    assert stack_months([window(3), window(1)]).tolist() == [[10, 11, 0], [10, 10, 10]]


def test_the_difference_of_bands_is_known_where_both_are():
    values = optical().astype(np.float32)
    values[..., OPTICAL.bands.index("B08")] = 3000
    values[0, 0, 0, OPTICAL.bands.index("B04")] = NODATA
    index, known = stack_bands([window(sentinel2_l2a=values)], OPTICAL, 4, 4).normalized_difference("B08", "B04")
    assert (index[known] == 0.5).all() and np.argwhere(~known).tolist() == [[0, 0, 0, 0, 0]]


def test_units_are_held_to_by_word_and_number():
    stacked = stack_bands([window(sentinel2_l2a=optical(value=1))], OPTICAL, 4, 4)
    with pytest.raises(UserError, match="acme takes sentinel2_l2a in reflectance x 10,000, but its pixels lie between"):
        check_units(stacked, "reflectance x 10,000", "acme")
    with pytest.raises(UserError, match="acme takes sentinel2_l2a in dB, not in reflectance x 10,000"):
        check_units(stacked, "dB", "acme")
    with pytest.raises(UserError, match="not in units that nothing states"):
        require_units(evolve(OPTICAL, units=""), "dB", "acme")
    check_units(stack_bands([window()], OPTICAL, 4, 4), "reflectance x 10,000", "acme")
