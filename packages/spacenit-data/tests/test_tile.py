"""Rasters become samples: values, bands, dates and what is missing."""

import datetime as dt
import json
import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from attrs import evolve

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data.rasters.offsets import DatedOffset
from spacenit_data.tile import TileSettings, from_csv, tile_rasters

from .tiling import CLASSES, DAY, FINE, OPTICAL, RADAR, mosaic, read, request, write_raster


def test_nan_infinity_masks_and_extra_nodata_are_missing(tmp_path):
    values = np.arange(1, 257, dtype=np.float32).reshape(16, 16)
    values[0, :4] = np.nan, np.inf, -np.inf, -99999
    values[1, 0] = 7777
    path = write_raster(tmp_path / "a.tif", np.stack([values, values]), "EPSG:32633", 5e5, 5e6, 10.0)
    with rasterio.open(path, "r+") as file, rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        file.write_mask(np.where(np.indices((16, 16))[0] == 15, 0, 255).astype(np.uint8))
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", TileSettings(tile_size=16, nodata=(7777.0,)))
    missing = read(report.folder, 0)["optical"][:, :, 0, 0] == -99999
    expected = np.zeros((16, 16), bool)
    expected[0, :4] = expected[1, 0] = expected[15] = True
    np.testing.assert_array_equal(missing, expected)


def test_classes_are_never_interpolated(tmp_path):
    codes = np.random.default_rng(2).choice(np.array([10, 40, 90], np.uint8), (90, 90))
    path = write_raster(tmp_path / "map.tif", codes, "EPSG:4326", 15.0, 45.0, 1.3e-4)
    report = tile_rasters([request(CLASSES, path)], tmp_path / "out", TileSettings(tile_size=32, resampling="bilinear"))
    found = np.unique(np.concatenate([read(report.folder, i)["classes"].ravel() for i in range(report.samples)]))
    assert set(found) <= {10, 40, 90, -99999} and len(found) >= 3


def test_sensors_and_dates_become_one_time_axis_with_masks(tmp_path):
    rng = np.random.default_rng(3)
    days = [dt.date(2021, 1, 31), dt.date(2021, 2, 1), dt.date(2021, 12, 9)]
    paths = {}
    for sensor, day in [(OPTICAL, days[2]), (OPTICAL, days[0]), (RADAR, days[1]), (RADAR, days[2])]:
        values = rng.normal(size=(len(sensor.bands), 32, 32)).astype(np.float32)
        path = tmp_path / f"{sensor.name}{day}.tif"
        paths[sensor.name, day] = (write_raster(path, values, "EPSG:32633", 5e5, 5e6, 10.0), values)
    codes = np.full((64, 64), 3, np.uint8)
    codes_path = write_raster(tmp_path / "codes.tif", codes, "EPSG:32633", 5e5 - 160, 5e6 + 160, 10.0)
    half = rng.normal(size=(1, 64, 64)).astype(np.float32)
    fine_path = write_raster(tmp_path / "fine.tif", half, "EPSG:32633", 5e5, 5e6, 5.0)
    requests = [
        request(SENSOR, path, day)
        for SENSOR in (OPTICAL, RADAR)
        for (name, day), (path, _) in paths.items()
        if name == SENSOR.name
    ]
    requests += [request(CLASSES, codes_path, None), request(FINE, fine_path, days[1])]
    report = tile_rasters(requests, tmp_path / "out", TileSettings(tile_size=32))
    assert report.samples == 1
    sample = read(report.folder, 0)
    np.testing.assert_array_equal(sample["timestamps"], [[31, 0, 2021], [1, 1, 2021], [9, 11, 2021]])
    assert sample["mask:optical"].tolist() == [True, False, True]
    assert sample["mask:radar"].tolist() == [False, True, True]
    assert sample["mask:fine"].tolist() == [False, True, False]
    assert "mask:classes" not in sample
    assert sample["optical"].shape == (32, 32, 2, 2) and sample["fine"].shape == (64, 64, 1, 1)
    for step, day in enumerate([days[0], days[2]]):
        np.testing.assert_array_equal(np.moveaxis(sample["optical"][:, :, step], -1, 0), paths["optical", day][1])
    np.testing.assert_array_equal(sample["fine"][..., 0, 0], half[0])
    assert (sample["classes"] == 3).all()


def test_a_date_without_pixels_in_a_tile_is_absent_from_it(tmp_path):
    requests = []
    for number, (day, left) in enumerate([(DAY, 5e5), (dt.date(2020, 4, 1), 5e5 + 160)]):
        values = np.full((2, 16, 32), number + 1, np.uint8)
        requests.append(
            request(OPTICAL, write_raster(tmp_path / f"{number}.tif", values, "EPSG:32633", left, 5e6, 10.0), day)
        )
    report = tile_rasters(requests, tmp_path / "out", TileSettings(tile_size=16))
    stamps = [read(report.folder, index)["timestamps"].tolist() for index in range(report.samples)]
    assert stamps == [[[5, 2, 2020]], [[5, 2, 2020], [1, 3, 2020]], [[1, 3, 2020]]]


def test_images_of_one_date_are_put_together_and_the_first_wins(tmp_path):
    first = np.full((2, 16, 20), 1, np.uint8)
    first[:, 4, 4] = 0
    second = np.full((2, 16, 32), 2, np.uint8)
    a = write_raster(tmp_path / "a.tif", first, "EPSG:32633", 5e5, 5e6, 10.0, nodata=0)
    b = write_raster(tmp_path / "b.tif", second, "EPSG:32633", 5e5, 5e6, 10.0, nodata=0)
    report = tile_rasters([request(OPTICAL, a), request(OPTICAL, b)], tmp_path / "out", TileSettings(tile_size=16))
    whole = mosaic(report.folder, "optical")
    assert (whole[:, 20:] == 2).all() and whole[4, 4] == 2 and (whole[:, :20] == 1).sum() == 319


def test_scale_offset_decibels_and_the_remark_about_units(tmp_path):
    spec = SensorSpec(
        name="reflectance",
        band_groups=(BandGroup(bands=("red",), gsd=10.0),),
        temporal=True,
        value_range=(1.0, 10000.0),
        units="reflectance x 10000",
    )
    values = np.full((16, 16), 0.25, np.float32)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
    with pytest.raises(DataError, match="in reflectance x 10000 they lie between 1 and 10000"):
        tile_rasters([request(spec, path)], tmp_path / "plain", TileSettings(tile_size=16))
    trusting = TileSettings(tile_size=16, trust_units=True)
    plain = tile_rasters([request(spec, path)], tmp_path / "plain", trusting)
    assert any("100.00% of the pixels of red" in remark and "--scale" in remark for remark in plain.remarks)
    scaled = tile_rasters([request(spec, path, scale=10000.0, offset=5.0)], tmp_path / "s", TileSettings(tile_size=16))
    assert not any("--scale" in remark for remark in scaled.remarks)
    assert (read(scaled.folder, 0)["reflectance"] == 2505.0).all()
    settings = TileSettings(tile_size=16, linear_power=True)
    decibels = tile_rasters([request(RADAR, path)], tmp_path / "db", settings)
    np.testing.assert_allclose(read(decibels.folder, 0)["radar"], 10 * np.log10(0.25), rtol=1e-6)


def test_bands_are_found_by_name_and_by_number(tmp_path):
    values = np.stack([np.full((16, 16), number, np.uint8) for number in (1, 2, 3)])
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, names=["NIR", "green", "Red"])
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "named", TileSettings(tile_size=16))
    assert read(report.folder, 0)["optical"][0, 0, 0].tolist() == [3, 1]
    requests = [request(OPTICAL, Path(f"{path}:{number}"), band=band) for number, band in [(2, "red"), (3, "nir")]]
    report = tile_rasters(requests, tmp_path / "numbered", TileSettings(tile_size=16))
    assert read(report.folder, 0)["optical"][0, 0, 0].tolist() == [2, 3]


def test_an_interrupted_run_continues_and_other_inputs_are_refused(tmp_path):
    values = np.random.default_rng(4).integers(1, 99, (2, 64, 64)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
    settings = TileSettings(tile_size=16)
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", settings)
    whole = {file.name: file.read_bytes() for file in report.folder.iterdir()}
    for name in ("sample_3.h5", "sample_9.h5", "sample_metadata.csv"):
        (report.folder / name).unlink()
    again = tile_rasters([request(OPTICAL, path)], tmp_path / "out", settings)
    assert (again.written, again.samples) == (2, 16)
    assert {file.name: file.read_bytes() for file in report.folder.iterdir()} == whole
    assert tile_rasters([request(OPTICAL, path)], tmp_path / "out", settings).written == 0
    with pytest.raises(UserError, match="other files or with other settings"):
        tile_rasters([request(OPTICAL, path, scale=2.0)], tmp_path / "out", settings)
    assert json.loads((report.folder / "tiling.json").read_text())["files"][0]["path"] == str(path.resolve())


def test_what_samples_were_made_from_must_be_the_same(tmp_path):
    values = np.random.default_rng(4).integers(1, 99, (2, 16, 16)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
    virtual = tmp_path / "a.vrt"
    rasterio.shutil.copy(path, virtual, driver="VRT")
    settings = TileSettings(tile_size=16)
    for file, out in ((path, "plain"), (virtual, "virtual")):
        tile_rasters([request(OPTICAL, file)], tmp_path / out, settings)
        assert tile_rasters([request(OPTICAL, file)], tmp_path / out, settings).written == 0
    tile_rasters([request(evolve(OPTICAL, units="DN", normalization=None), path)], tmp_path / "plain", settings)
    for changed in ({"raw_nodata": (7.0,)}, {"categorical": True}, {"raw_linear_power": True}):
        with pytest.raises(UserError, match="the sensor optical is declared otherwise"):
            tile_rasters([request(evolve(OPTICAL, **changed), path)], tmp_path / "plain", settings)
    with pytest.raises(UserError, match="--nodata was another"):
        tile_rasters([request(OPTICAL, path)], tmp_path / "plain", evolve(settings, nodata=(1.0,)))
    with pytest.raises(UserError, match=r"a\.tif was not read, or in other bands, units or masks \(1 files\)"):
        tile_rasters([request(OPTICAL, path, bands=("nir", "red"))], tmp_path / "plain", settings)
    before = path.stat()
    write_raster(path, values[::-1], "EPSG:32633", 5e5, 5e6, 10.0)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    for file, out in ((path, "plain"), (virtual, "virtual")):
        with pytest.raises(UserError, match=r"a\.tif has changed since \(1 files\)"):
            tile_rasters([request(OPTICAL, file)], tmp_path / out, settings)
    (tmp_path / "a.tif.aux.xml").write_text("<PAMDataset/>")
    with pytest.raises(UserError, match=r"a\.tif\.aux\.xml has come or gone since \(1 files\)"):
        tile_rasters([request(OPTICAL, path)], tmp_path / "plain", settings)


def test_worker_processes_write_the_same_files(tmp_path, monkeypatch):
    monkeypatch.setattr("spacenit_data.pool.ITEMS_PER_WORKER", 1)
    values = np.random.default_rng(5).integers(1, 99, (2, 64, 64)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
    settings = TileSettings(tile_size=16)
    one, two = (
        tile_rasters([request(OPTICAL, path)], tmp_path / str(workers), settings, workers=workers).folder
        for workers in (1, 2)
    )
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes(), file.name


def test_csv_manifest(tmp_path):
    manifest = tmp_path / "scenes.csv"
    manifest.write_text(
        "Sensor, date ,path,band,scale\noptical,2020-01-02,a.tif,,\n,2020-01-03T10:00:00,sub/b.tif,red,2\n\n",
        encoding="utf-8",
    )
    first, second = from_csv(manifest, sensor="radar", offset=1.0)
    assert (first.sensor, first.date, first.path) == ("optical", dt.date(2020, 1, 2), tmp_path / "a.tif")
    assert (first.band, first.scale, first.offset) == (None, None, (DatedOffset(1.0),))
    assert (second.sensor, second.date, second.band, second.scale) == ("radar", dt.date(2020, 1, 3), "red", 2.0)
    assert second.path == tmp_path / "sub" / "b.tif" and "line 3" in second.origin
