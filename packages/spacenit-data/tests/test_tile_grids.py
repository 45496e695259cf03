"""Which grid images come onto: zones that touch, longitudes beyond 180 degrees, systems that stretch."""

import datetime as dt

import numpy as np
import pytest
from attrs import evolve
from rasterio.crs import CRS
from rasterio.warp import transform, transform_bounds

from spacenit_core.errors import DataError, UserError
from spacenit_data.tile import TileSettings, tile_rasters
from spacenit_data.tile.areas import make_areas
from spacenit_data.tile.checks import read_headers
from spacenit_data.tile.ground import turn_of

from .tiling import CLASSES, DAY, OPTICAL, RADAR, mosaic, read, request, write_raster

LATER = dt.date(2020, 6, 1)


def zone_image(folder, zone, *, west, east, sensor=OPTICAL, day=DAY, crs=None, pixel=10.0, lat=60.0):
    """White noise between two longitudes, some 30 pixels high, on the grid of a zone or of another system."""
    crs = crs or f"EPSG:326{zone}"
    left, bottom, right, _ = transform_bounds("EPSG:4326", crs, west, lat, east, lat + 1e-4)
    shape = (len(sensor.bands), 32, round((right - left) / pixel))
    left, top = left // 10 * 10, bottom // 10 * 10 + 32 * pixel
    values = np.random.default_rng(zone).normal(1000.0, 100.0, shape).astype(np.float32)
    path = folder / f"{sensor.name}_{zone}_{day}_{CRS.from_user_input(crs).to_epsg()}.tif"
    return request(sensor, write_raster(path, values, crs, left, top, pixel), day)


def tiled(out, *requests, size=32, **settings):
    return tile_rasters(list(requests), out, TileSettings(tile_size=size, allow_upsampling=True, **settings))


def zones(report):
    return [area.grid.crs.to_epsg() for area in report.areas]


def test_zones_that_touch_keep_their_own_pixels(tmp_path):
    a, b = zone_image(tmp_path, 31, west=5.99, east=6.002), zone_image(tmp_path, 32, west=5.998, east=6.01)
    report = tiled(tmp_path / "out", a, b)
    assert zones(report) == [32631, 32632]
    assert all(item.kept for area in report.areas for item in area.placed)
    stds = [read(report.folder, i)["optical"] for i in range(report.samples)]
    assert all(abs(values[values != -99999].std() - 100.0) < 15.0 for values in stds)


def test_dates_of_one_place_share_a_grid_whatever_their_zones(tmp_path):
    a = zone_image(tmp_path, 31, west=5.99, east=6.01)
    b = zone_image(tmp_path, 32, west=5.99, east=6.01, day=LATER)
    radar = zone_image(tmp_path, 32, west=5.98, east=6.02, sensor=RADAR, day=LATER)
    assert zones(tiled(tmp_path / "dates", a, b)) == [32631]
    report = tiled(tmp_path / "sensors", a, radar)
    assert zones(report) == [32631]
    assert any({"optical", "radar"} <= read(report.folder, index).keys() for index in range(report.samples))


def test_another_sensor_is_shown_to_each_of_the_zones(tmp_path):
    a = zone_image(tmp_path, 31, west=5.99, east=6.002)
    b = zone_image(tmp_path, 32, west=5.998, east=6.03)
    radar = zone_image(tmp_path, 32, west=5.98, east=6.03, sensor=RADAR)
    report = tiled(tmp_path / "out", a, b, radar)
    assert zones(report) == [32631, 32632]
    assert [len(area.placed) for area in report.areas] == [2, 2]
    held = [read(report.folder, index).keys() for index in range(report.samples)]
    assert all("radar" in names for names in held)


def test_degrees_come_to_the_grid_that_they_overlap_or_to_their_own_zones(tmp_path):
    ones = np.ones((2, 8, 8), np.float32)
    near = request(OPTICAL, write_raster(tmp_path / "n.tif", ones, "EPSG:4326", 6.0, 60.002, 1e-4), LATER)
    home = zone_image(tmp_path, 31, west=5.99, east=6.002)
    assert zones(tiled(tmp_path / "near", home, near)) == [32631]
    chain = [
        request(OPTICAL, write_raster(tmp_path / f"c{i}.tif", ones, "EPSG:4326", 3.0 + 7.9 * i, 45.0, 1.0), LATER)
        for i in range(4)
    ]
    groups = tuple(evolve(group, gsd=10_000.0) for group in OPTICAL.band_groups)
    coarse = evolve(OPTICAL, band_groups=groups, grid_gsd=10_000.0)
    rasters = read_headers([evolve(item, sensor=coarse) for item in chain]).rasters
    found = make_areas(rasters, TileSettings())
    assert [area.grid.crs.to_epsg() for area in found] == [32632, 32633, 32634, 32636]


@pytest.mark.parametrize(
    ("crs", "west"),
    [
        ("EPSG:4326", 179.997),
        ("EPSG:4326", 340.0),
        ("EPSG:4269", -180.003),
        ("EPSG:3857", 179.997),
        ("EPSG:6933", 179.997),
    ],
)
def test_longitudes_beyond_180_degrees(tmp_path, crs, west):
    # The pixels are a ramp in longitude from the western edge, so that a loss or a shift shows as a number.
    turn = turn_of(CRS.from_user_input(crs))
    pixel = 1e-4 / 360.0 * turn
    values = np.stack([np.tile(np.arange(64, dtype=np.float32), (64, 1))] * 2)
    top = {"EPSG:4326": -17.0, "EPSG:4269": -17.0}.get(crs, -2e6)
    path = write_raster(tmp_path / "a.tif", values, crs, west / 360.0 * turn, top, pixel)
    report = tiled(tmp_path / "out", request(OPTICAL, path))
    there = 0
    for index in range(report.samples):
        sample = read(report.folder, index)
        x = sample["attr:left"] + (np.arange(32) + 0.5) * 10.0
        y = sample["attr:top"] - (np.arange(32) + 0.5) * 10.0
        xs, ys = (axis.ravel().tolist() for axis in np.meshgrid(x, y))
        lon = np.array(transform(sample["attr:crs"], "EPSG:4326", xs, ys)[0])
        expected = ((lon - west) % 360.0 / 1e-4 - 0.5).reshape(32, 32)
        found = sample["optical"][:, :, 0, 0]
        inner = (found != -99999) & (expected > 0.0) & (expected < 63.0)
        np.testing.assert_allclose(found[inner], expected[inner], rtol=0, atol=0.02)
        there += inner.sum()
    ground = 63 * 64 * 1e-4**2 * 111_000**2 * np.cos(np.radians(17.0)) / 100.0
    assert there > 0.9 * ground * (1.0 if turn == 360.0 else 0.85)


def test_a_map_of_the_whole_world_is_read_at_both_of_its_ends(tmp_path):
    image = zone_image(tmp_path, 60, west=179.99, east=180.01, lat=-0.001)
    codes = np.full((8, 50_000), 3, np.uint8)
    codes[:, 0], codes[:, -1] = 1, 2
    world = write_raster(tmp_path / "w.tif", codes, "EPSG:4326", -180.0, 0.0288, 0.0072)
    report = tiled(tmp_path / "out", image, request(CLASSES, world, None))
    # The raster's first pixel lies east of 180 degrees and its last one west of them.
    found = mosaic(report.folder, "classes")
    assert set(np.unique(found[:, 40:180])) == {1.0, 2.0}
    assert found[0, 40] == 2.0 and found[0, 179] == 1.0


def test_bands_of_one_image_come_together_from_two_zones(tmp_path):
    red = zone_image(tmp_path, 32, west=11.9, east=11.903)
    nir = zone_image(tmp_path, 33, west=11.9, east=11.903)
    report = tiled(
        tmp_path / "out", evolve(red, path=f"{red.path}:1", band="red"), evolve(nir, path=f"{nir.path}:2", band="nir")
    )
    assert zones(report) == [32632] and (read(report.folder, 0)["optical"][4:8, 4:8] != -99999).all()


def test_a_named_system_must_be_metric_on_the_ground(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.ones((2, 32, 32), np.float32), "EPSG:4326", 15.0, 60.0, 2e-4)
    low = write_raster(tmp_path / "b.tif", np.ones((2, 32, 32), np.float32), "EPSG:4326", 15.0, 5.0, 2e-4)
    with pytest.raises(UserError, match=r"EPSG:3857: .* 10 x 10 m in it is 5\.01 x 5 m on the ground"):
        tiled(tmp_path / "out", request(OPTICAL, path), crs="EPSG:3857")
    with pytest.raises(UserError, match=r"5\.78 x 17\.3"):
        tiled(tmp_path / "out", request(OPTICAL, path), crs="EPSG:6933")
    with pytest.raises(UserError, match=r"(?s)EPSG:3857.* EPSG:32633"):
        tiled(tmp_path / "out", request(OPTICAL, low), crs="EPSG:3857")
    fiji = write_raster(tmp_path / "c.tif", np.ones((2, 32, 32), np.float32), "EPSG:4326", 178.0, -17.0, 2e-4)
    with pytest.raises(UserError, match=r"EPSG:32633: .* lies 163 degrees from that system's middle\n.*EPSG:32760"):
        tiled(tmp_path / "out", request(OPTICAL, fiji), crs="EPSG:32633")
    across = write_raster(tmp_path / "d.tif", np.ones((2, 32, 32), np.float32), "EPSG:4326", 179.997, 1.0, 2e-4)
    with pytest.raises(UserError, match=r"d\.tif lies across the edge of the map of EPSG:3395"):
        tiled(tmp_path / "out", request(OPTICAL, across), crs="EPSG:3395")
    assert not (tmp_path / "out").exists()
    assert zones(tiled(tmp_path / "europe", request(OPTICAL, path), crs="EPSG:3035")) == [3035]


def test_web_mercator_is_left_near_the_equator_too(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.ones((2, 32, 32), np.float32), "EPSG:3857", 1.6e6, 5e5, 10.0)
    assert zones(tiled(tmp_path / "out", request(OPTICAL, path))) == [32633]


def test_an_image_of_a_continent_keeps_its_system(tmp_path):
    groups = tuple(evolve(group, gsd=100_000.0) for group in OPTICAL.band_groups)
    coarse = evolve(OPTICAL, band_groups=groups, grid_gsd=100_000.0)
    path = write_raster(tmp_path / "a.tif", np.ones((2, 50, 70), np.float32), "EPSG:3035", 8e5, 5.6e6, 1e5)
    rasters = read_headers([request(coarse, path)]).rasters
    assert make_areas(rasters, TileSettings())[0].grid.crs.to_epsg() == 3035
    assert make_areas(rasters, TileSettings(crs="EPSG:3035"))[0].grid.crs.to_epsg() == 3035


def test_a_polar_grid_is_kept_at_the_pole(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.ones((2, 32, 32), np.float32), "EPSG:3413", -160.0, 160.0, 10.0)
    report = tiled(tmp_path / "out", request(OPTICAL, path))
    assert zones(report) == [3413] and any("are 10.31 to 10.31 m on the ground" in text for text in report.remarks)


def test_a_local_system_is_called_one(tmp_path):
    local = 'LOCAL_CS["my site",UNIT["metre",1]]'
    path = write_raster(tmp_path / "a.tif", np.ones((2, 32, 32), np.float32), local, 0.0, 0.0, 10.0)
    with pytest.raises(DataError, match=r"local system \(my site\)"):
        tiled(tmp_path / "out", request(OPTICAL, path))
    good = write_raster(tmp_path / "b.tif", np.ones((2, 32, 32), np.float32), "EPSG:32633", 5e5, 5e6, 10.0)
    with pytest.raises(UserError, match="no map of the ground: a local"):
        tiled(tmp_path / "out", request(OPTICAL, good), crs=local)
