"""Which band groups a set can fill, and sensors that never give a token."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from spacenit_core.errors import DataError
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_train.groups import SensorFill, check_groups, filled_groups

RGB = (0, 1, 2)
EVERY = range(12)
Fills = Callable[..., dict[str, SensorFill]]


@pytest.fixture
def fills(tmp_path: Path) -> Fills:
    """From the bands that each sample has, and the cells in which it has them, to what is found."""

    def make(
        samples: list[tuple[range | tuple[int, ...], slice]], groups: dict[str, list[list[str]]] | None = None
    ) -> dict[str, SensorFill]:
        writer = H5SetWriter(tmp_path, ["sentinel2_l2a"], count=len(samples), tile_size=4)
        for index, (bands, cells) in enumerate(samples):
            values = np.full((4, 4, 2, 12), NODATA, np.float32)
            values[cells, :, :, list(bands)] = 1000
            dates = np.array([[1, month, 2021] for month in range(2)])
            arrays = {"sentinel2_l2a": values}
            present = {"sentinel2_l2a": np.ones(2, bool)}
            writer.write(
                index, SampleArrays(bands=arrays, present=present, timestamps=dates, latlon=np.zeros(2, np.float32))
            )
        writer.finish()
        sensors = SensorSet.of(["sentinel2_l2a"], band_groups=groups)
        return {fill.spec.name: fill for fill in filled_groups(H5Tiles(writer.folder, sensors))}

    return make


def test_three_bands_of_twelve_fill_no_group(fills: Fills) -> None:
    found = fills([(RGB, slice(None))] * 3)
    assert found["sentinel2_l2a"].groups == (False, False, False)
    with pytest.raises(DataError, match="no pixels in B08") as caught:
        check_groups(found.values())
    assert "--band_groups.sentinel2_l2a=[[B02,B03,B04]]" in str(caught.value)


def test_they_do_where_they_are_a_group(fills: Fills) -> None:
    found = fills([(RGB, slice(None))] * 3, {"sentinel2_l2a": [["B02", "B03", "B04"]]})
    assert found["sentinel2_l2a"].groups == (True,)
    check_groups(found.values())


def test_a_band_that_no_sample_has_is_said_with_what_it_takes_along(fills: Fills, capsys: Any) -> None:
    check_groups(fills([((0, 1, 2, 3, 4, 5, 6, 8, 9), slice(None))] * 2).values())
    said = capsys.readouterr().err
    assert "no sample has a pixel of B8A, B01 and B09" in said and "never sees B05, B06, B07, B11 and B12" in said
    assert "--band_groups.sentinel2_l2a=[[B02,B03,B04,B08],[B05,B06,B07,B11,B12]]" in said
    check_groups(fills([(EVERY, slice(None))]).values())
    assert capsys.readouterr().err == ""


def test_a_group_that_one_sample_fills_away_from_its_corner_is_found(fills: Fills) -> None:
    found = fills([(RGB, slice(None))] * 4 + [(EVERY, slice(3, 4))])
    assert found["sentinel2_l2a"].empty_groups == ()


def test_one_empty_group_is_named_and_not_refused(fills: Fills) -> None:
    found = fills([(tuple(band for band in EVERY if band != 7), slice(None))] * 2)["sentinel2_l2a"]
    assert found.empty_groups == (("B05", "B06", "B07", "B8A", "B11", "B12"),)
    assert found.absent_bands(found.empty_groups[0]) == ("B8A",)
    assert found.remedy() == "--band_groups.sentinel2_l2a=[[B02,B03,B04,B08],[B05,B06,B07,B11,B12],[B01,B09]]"
    check_groups([found])


def test_bands_that_never_meet_are_told_apart_from_absent_ones(fills: Fills) -> None:
    found = fills([(RGB, slice(None)), ((3,), slice(None))])
    with pytest.raises(DataError, match="B08]: its bands never have a pixel at one place"):
        check_groups(found.values())


def test_a_sensor_that_some_samples_lack_is_whole(data: Path, tiny: ModuleType) -> None:
    found = filled_groups(H5Tiles(data, tiny.SENSORS))
    assert [fill.samples for fill in found if fill.spec.name == "sentinel1"] == [8]
    assert all(fill.empty_groups == () for fill in found)
