"""Rasters of the raw layout that name their bands are read by name, date by date."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from spacenit_core.errors import DataError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.convert.band_order import order_of_bands
from spacenit_data.convert.catalog import Catalog
from spacenit_data.convert.rasters import read_sensor
from spacenit_data.convert.raw_layout import raster_path

S2 = SENSORS.get("sentinel2_l2a")
TEN = S2.band_groups[0]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([None] * 8, list(range(8))),
        ([f"Band {number}" for number in range(1, 9)], list(range(8))),
        ([f"b{number}" for number in range(1, 5)], list(range(4))),
        (["reflectance"] * 4, list(range(4))),
        (["B2", "B3", "B4", "B8"] * 2, list(range(8))),
        (["B8", "B4", "B3", "B2", "blue", "green", "red", "nir"], [3, 2, 1, 0, 4, 5, 6, 7]),
        (["20200101_B08", "20200101_B02", "20200101_B03", "20200101_B04"], [1, 2, 3, 0]),
    ],
)
def test_bands_come_into_the_sensors_order(names, expected):
    found = order_of_bands(names, S2, TEN, "a.tif")
    assert list(found.positions) == expected
    unnamed = names[0] in (None, "Band 1", "b1", "reflectance")
    assert list(found.notes) == (["order"] if unnamed else ["names"] if expected != sorted(expected) else [])


@pytest.mark.parametrize(
    "names",
    [
        ["B5", "B6", "B7", "B8A"],
        ["B2", "B3", "B4", "B8A"],
        ["B2", "B2", "B3", "B3", "B4", "B4", "B8", "B8"],
        ["vv", "vh", "x", "y"],
        ["B2"] * 4,
    ],
)
def test_names_of_other_bands_are_refused(names):
    with pytest.raises(DataError, match=r"a\.tif") as caught:
        order_of_bands(names, S2, TEN, "a.tif")
    assert "leave out their names" in (caught.value.hint or "")


def test_names_of_all_dates_of_one_band_first_or_of_another_sensors_only_band_are_refused():
    radar, maps = SENSORS.get("sentinel1"), SENSORS.get("worldcover")
    with pytest.raises(DataError, match="2 bands that mean vv"):
        order_of_bands(["VV", "VV", "VH", "VH"], radar, radar.band_groups[0], "a.tif")
    with pytest.raises(DataError, match="only band is called 'VV'"):
        order_of_bands(["VV"], maps, maps.band_groups[0], "a.tif")
    assert order_of_bands(["2020", "2021"], maps, maps.band_groups[0], "a.tif").positions == (0, 1)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_named_raster_of_another_order_gives_the_same_pixels(raw: Path) -> None:
    tile = next(tile for tile in Catalog.read(raw, SensorSet.of([S2])).tiles if S2.name in tile.dates)
    before = read_sensor(raw, S2, tile)
    assert before.notes["sentinel2_l2a order"] == "bands by order alone, as nothing names them"
    path = raster_path(raw, S2, TEN, tile.crs, tile.column, tile.row)
    with rasterio.open(path) as file:
        values, profile = file.read(), file.profile
    steps = len(values) // 4
    turned = values.reshape(steps, 4, *values.shape[1:])[:, ::-1].reshape(values.shape)
    path.unlink()
    with rasterio.open(path, "w", **profile) as file:
        file.write(turned)
        for number in range(4 * steps):
            file.set_band_description(number + 1, ["B8", "red", "B03", "B2"][number % 4])
    after = read_sensor(raw, S2, tile)
    np.testing.assert_array_equal(after.values, before.values)
    assert "another order" in after.notes["sentinel2_l2a names"]
