"""Scale and offset come from the file or from what lies beside it, and are applied once."""

import datetime as dt
import json

import numpy as np
import pytest
import rasterio

from spacenit_core.kinds.sensors import SENSORS
from spacenit_data.rasters import sidecars
from spacenit_data.rasters.stated import stated_conversion

from .tiling import write_raster

DAY = dt.date(2023, 5, 6)
S2 = SENSORS.get("sentinel2_l2a")
XML = """<n1:Level-2A_User_Product xmlns:n1="https://example.org/psd"><n1:General_Info>
<PRODUCT_START_TIME>{day}T10:00:31.024Z</PRODUCT_START_TIME>
<BOA_QUANTIFICATION_VALUE unit="none">{per}</BOA_QUANTIFICATION_VALUE>
<BOA_ADD_OFFSET_VALUES_LIST>{offsets}</BOA_ADD_OFFSET_VALUES_LIST></n1:General_Info></n1:Level-2A_User_Product>"""


@pytest.fixture(autouse=True)
def fresh():
    sidecars._product.cache_clear()
    sidecars._all_json.cache_clear()
    sidecars._item.cache_clear()


def metadata(path, day=DAY, per=10000, offset=-1000):
    offsets = "".join(f'<BOA_ADD_OFFSET band_id="{n}">{offset}</BOA_ADD_OFFSET>' for n in range(13)) if offset else ""
    path.write_text(XML.format(day=day, per=per, offsets=offsets))


def raster(path, count=1, scale=1.0, offset=0.0, tags=None, band_tags=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_raster(path, np.full((count, 8, 8), 2000, np.uint16), "EPSG:32633", 5e5, 5e6, 10.0)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (scale,) * count, (offset,) * count
        file.update_tags(**(tags or {}))
        for band in file.indexes:
            file.update_tags(band, **(band_tags or {}))
    return path


def conversion(path, spec=S2, channels=(0,), day=DAY):
    with rasterio.open(path) as file:
        return stated_conversion(file, str(path), range(1, file.count + 1), channels, spec, day)


def pair(found):
    assert len(set(found.scale)) == len(set(found.offset)) == 1
    return found.scale[0], found.offset[0]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (1.0, 0.0)),
        ({"scale": 0.0001}, (1.0, 0.0)),
        ({"scale": 0.0001, "offset": -0.1}, (1.0, -1000.0)),
        ({"offset": -1000.0}, (1.0, -1000.0)),
        ({"scale": 2.75e-5, "offset": -0.2}, (0.275, -2000.0)),
        ({"tags": {"BOA_ADD_OFFSET": "-1000"}}, (1.0, -1000.0)),
        ({"tags": {"BOA_ADD_OFFSET_B02": "-900", "BOA_ADD_OFFSET": "-1000"}}, (1.0, -900.0)),
        ({"band_tags": {"BOA_ADD_OFFSET": "-1000"}}, (1.0, -1000.0)),
        ({"tags": {"RADIO_ADD_OFFSET": "-1000", "QUANTIFICATION_VALUE": "5000"}}, (2.0, -2000.0)),
        ({"scale": 0.0001, "tags": {"BOA_ADD_OFFSET": "-1000"}}, (1.0, -1000.0)),
        ({"tags": {"BOA_ADD_OFFSET": "-1000", "boa_offset_applied": "true"}}, (1.0, 0.0)),
        ({"tags": {"earthsearch:boa_offset_applied": "False"}}, (1.0, -1000.0)),
        ({"scale": 0.0001, "offset": -0.1, "tags": {"boa_offset_applied": "1"}}, (1.0, 0.0)),
    ],
)
def test_tags(tmp_path, options, expected):
    found = conversion(raster(tmp_path / "a.tif", **options))
    assert pair(found) == pytest.approx(expected)
    assert bool(found.source) or found.is_none


def test_a_tag_for_each_band(tmp_path):
    path = raster(tmp_path / "a.tif", count=3, tags={"BOA_ADD_OFFSET": "-1000, -900 -800"})
    assert conversion(path, channels=(0, 1, 2)).offset == (-1000.0, -900.0, -800.0)


def test_metadata_of_a_product_as_esa_lays_it_out(tmp_path):
    root = tmp_path / "S2B_MSIL2A_20230506T100031.SAFE"
    path = raster(root / "GRANULE" / "L2A_T33" / "IMG_DATA" / "R10m" / "T33_B02_10m.tif")
    metadata(root / "MTD_MSIL2A.xml")
    found = conversion(path)
    assert pair(found) == (1.0, -1000.0) and "MTD_MSIL2A.xml" in found.source


def test_metadata_in_the_same_folder_of_this_day_and_of_another(tmp_path):
    path = raster(tmp_path / "a.tif")
    metadata(tmp_path / "MTD_MSIL2A.xml", per=20000)
    assert pair(conversion(path)) == (0.5, -500.0)
    other = conversion(path, day=dt.date(2020, 1, 1))
    assert other.is_none and "is of 2023-05-06" in other.note
    sidecars._product.cache_clear()
    metadata(tmp_path / "MTD_MSIL2A.xml", offset=None)
    assert conversion(path).is_none


def test_metadata_in_a_folder_above_say_nothing_of_files_that_are_no_product(tmp_path):
    metadata(tmp_path / "MTD_MSIL2A.xml")
    assert conversion(raster(tmp_path / "mine" / "a.tif")).is_none


def item(folder, properties, **asset):
    content = {"type": "Feature", "properties": properties, "assets": {"blue": {"href": "./a.tif", **asset}}}
    (folder / "item.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("properties", "asset", "day", "offset"),
    [
        ({"earthsearch:boa_offset_applied": True}, {"raster:bands": [{"scale": 0.0001, "offset": -0.1}]}, DAY, 0.0),
        ({"earthsearch:boa_offset_applied": False}, {}, DAY, -1000.0),
        ({"boa_offset_applied": False}, {}, dt.date(2020, 1, 1), 0.0),
        ({"boa_offset_applied": False, "s2:processing_baseline": "05.00"}, {}, dt.date(2020, 1, 1), -1000.0),
        ({}, {"raster:bands": [{"scale": 0.0001, "offset": -0.1}]}, DAY, -1000.0),
        ({}, {"raster:scale": 0.0001, "raster:offset": -0.1}, DAY, -1000.0),
        ({"s2:processing_baseline": "02.14"}, {}, DAY, 0.0),
    ],
)
def test_stac_items(tmp_path, properties, asset, day, offset):
    path = raster(tmp_path / "a.tif")
    item(tmp_path, properties, **asset)
    found = conversion(path, day=day)
    assert pair(found) == (1.0, offset) and not found.note


def test_an_item_among_very_many_is_found_by_its_name_and_garbage_is_passed_over(tmp_path, monkeypatch):
    path = raster(tmp_path / "a.tif")
    item(tmp_path, {"boa_offset_applied": False})
    (tmp_path / "item.json").rename(tmp_path / "a.json")
    for name in ("0.json", "b.json"):
        (tmp_path / name).write_text("{")
    monkeypatch.setattr(sidecars, "_MOST_ITEMS", 1)
    (tmp_path / "MTD_MSIL2A.xml").write_text("<a><QUANTIFICATION_VALUE>many</QUANTIFICATION_VALUE></a>")
    assert pair(conversion(path)) == (1.0, -1000.0)


def test_a_baseline_alone_is_said_and_not_applied(tmp_path):
    path = raster(tmp_path / "a.tif")
    item(tmp_path, {"s2:processing_baseline": "05.09"})
    found = conversion(path)
    assert found.is_none and "05.09" in found.note and "--offset -1000" in found.note


def test_other_sensors(tmp_path):
    packed = raster(tmp_path / "a.tif", scale=0.01, offset=-40.0)
    assert pair(conversion(packed, SENSORS.get("sentinel1"))) == (0.01, -40.0)
    landsat = conversion(packed, SENSORS.get("landsat"))
    assert landsat.is_none and "not applied" in landsat.note
    assert conversion(packed, SENSORS.get("worldcover")).is_none
