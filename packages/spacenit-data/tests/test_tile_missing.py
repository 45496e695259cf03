"""What files call missing is missing in samples, whichever way they say it."""

import numpy as np
import pytest
import rasterio
from attrs import evolve
from rasterio.enums import ColorInterp

from spacenit_core.errors import UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_data.rasters.masks import parse_masks
from spacenit_data.tile import RasterRequest, TileSettings, tile_rasters

from .tiling import DAY, OPTICAL, RADAR, read, request, write_raster

S2 = evolve(SENSORS.get("sentinel2_l2a"), name="s2")
SMALL = TileSettings(tile_size=16)
HOLE = np.zeros((16, 16), bool)
HOLE[3:6, 2:9] = True


def pixels(count):
    return np.random.default_rng(count).integers(1200, 3000, (count, 16, 16)).astype(np.uint16)


def missing(report, sensor):
    return (read(report.folder, 0)[sensor][:, :, 0] == -99999).all(axis=-1)


@pytest.mark.parametrize("nodata", [None, 65535.0])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_alpha_at_any_place_and_beside_a_tag(tmp_path, place, nodata):
    values = np.insert(pixels(2), place - 1, np.where(HOLE, 0, 65535), axis=0)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, nodata=nodata)
    with rasterio.open(path, "r+") as file:
        roles = [ColorInterp.undefined] * 3
        roles[place - 1] = ColorInterp.alpha
        file.colorinterp = roles
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", SMALL)
    assert (missing(report, "optical") == HOLE).all()


def test_zeros_of_sensors_where_they_lie_outside_are_missing_and_that_is_said(tmp_path):
    values = pixels(12)
    values[:, HOLE] = 0
    values[:4, 0, 0] = 0
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
    report = tile_rasters([request(S2, path)], tmp_path / "out", SMALL)
    assert (missing(report, "s2") == HOLE).all()
    assert [note for note in report.remarks if "0 in all bands" in note and "--keep-zeros" in note]
    kept = tile_rasters([request(S2, path)], tmp_path / "kept", evolve(SMALL, keep_zeros=True))
    assert not missing(kept, "s2").any() and not [note for note in kept.remarks if "0 in all" in note]
    told = write_raster(tmp_path / "b.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, nodata=0)
    report = tile_rasters([request(S2, told)], tmp_path / "told", SMALL)
    assert not [note for note in report.remarks if "0 in all bands" in note], "the file says so itself"
    other = tile_rasters([request(evolve(S2, zeros_are_missing=False), path)], tmp_path / "other", SMALL)
    assert not missing(other, "s2").any()


def test_zeros_do_not_bleed_into_pixels_that_are_resampled(tmp_path):
    values = np.full((12, 32, 32), 2000, np.uint16)
    values[:, :, :9] = 0
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5 + 3, 5e6 - 3, 10.0)
    coarse = write_raster(tmp_path / "g.tif", pixels(12), "EPSG:32633", 5e5, 5e6, 10.0)
    report = tile_rasters([request(S2, coarse), request(S2, path)], tmp_path / "out", TileSettings(tile_size=32))
    found = read(report.folder, 0)["s2"][16:, :, 0]
    assert set(np.unique(found)) <= {-99999.0, 2000.0}


def test_masks_leave_pixels_out_of_all_bands(tmp_path):
    path = write_raster(tmp_path / "a.tif", pixels(2), "EPSG:32633", 5e5, 5e6, 10.0)
    quality = np.where(HOLE, 1 << 3, 0).astype(np.uint16)
    write_raster(tmp_path / "qa.tif", quality, "EPSG:32633", 5e5, 5e6, 10.0)
    asked = request(OPTICAL, path, masks=parse_masks("qa_pixel=qa.tif:bits=3,4", tmp_path))
    report = tile_rasters([asked], tmp_path / "out", SMALL)
    assert (missing(report, "optical") == HOLE).all()
    write_raster(tmp_path / "qa.tif", quality * 0, "EPSG:32633", 5e5, 5e6, 10.0)
    with pytest.raises(Exception, match=r"has changed since|other files"):
        tile_rasters([asked], tmp_path / "out", SMALL)


@pytest.mark.parametrize("phase", [0.0, 3.0])
def test_zeros_of_single_bands_are_pixels_where_other_bands_have_some(tmp_path, phase):
    values = {band: pixels(1)[0] for band in S2.bands[:3]}
    for band in values.values():
        band[:, :8] = 0
    values["B02"][4:6, 11:13] = 0
    asked = []
    for band, image in values.items():
        path = write_raster(tmp_path / f"{band}.tif", image, "EPSG:32633", 5e5 + phase, 5e6 - phase, 10.0)
        asked.append(request(S2, path, band=band, offset=-1000.0))
    base = write_raster(tmp_path / "base.tif", pixels(1) + 1000, "EPSG:32633", 5e5, 5e6, 10.0)
    settings = evolve(SMALL, allow_missing_bands=True)
    first = request(S2, base, band="B12", day=DAY.replace(year=2019))
    report = tile_rasters([first, *asked], tmp_path / "out", settings)
    image = read(report.folder, 0)["s2"][:, :, 1]
    assert (image[:, :8] == -99999).all(), "zeros in all bands lie outside"
    assert (image[4:6, 11:13, 0] == -1000).all() and (image[4:6, 11:13, 1:3] > 0).all()
    inside = image[1:, 9:, 1:3]
    assert inside.min() > 150, "zeros bled into pixels"


def dated(path, values, dates=2):
    write_raster(path, values, "EPSG:32633", 5e5, 5e6, 10.0)
    with rasterio.open(path, "r+") as file:
        file.update_tags(**{"NETCDF_DIM_EXTRA": "{time}", "time#units": "days since 2020-01-01"})
        for number in file.indexes[:dates]:
            file.update_tags(number, NETCDF_DIM_time=str(31 * (number - 1)), NETCDF_VARNAME="vv")
    return path


def test_a_mask_of_several_dates_belongs_to_each_and_one_of_one_date_is_refused(tmp_path):
    path = dated(tmp_path / "cube.tif", pixels(2))
    scl = np.full((2, 16, 16), 4, np.uint8)
    scl[1, HOLE] = 9
    dated(tmp_path / "scl.tif", scl)
    asked = request(RADAR, path, None, masks=parse_masks("scl=scl.tif:9", tmp_path))
    sample = read(tile_rasters([asked], tmp_path / "out", SMALL).folder, 0)["radar"] == -99999
    assert not sample[:, :, 0].any() and (sample[:, :, 1, 0] == HOLE).all()
    write_raster(tmp_path / "scl.tif", scl[:1], "EPSG:32633", 5e5, 5e6, 10.0)
    with pytest.raises(UserError, match=r"is of one date, but .*cube.tif has 2"):
        tile_rasters([asked], tmp_path / "one", SMALL)


def test_zeros_of_files_with_some_bands_are_judged_with_the_others(tmp_path):
    values = pixels(12) + 500
    values[:4, :, :8] = 0
    values[:, :4] = 0
    parts = [slice(0, 4), slice(4, 10), slice(10, 12)]
    for number, part in enumerate(parts):
        names = S2.bands[part]
        write_raster(tmp_path / f"{number}.tif", values[part], "EPSG:32633", 5e5, 5e6, 10.0, names=names)
    write_raster(tmp_path / "all.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, names=S2.bands)
    apart = tile_rasters([request(S2, tmp_path / f"{n}.tif") for n in range(3)], tmp_path / "apart", SMALL)
    whole = tile_rasters([request(S2, tmp_path / "all.tif")], tmp_path / "whole", SMALL)
    found = read(apart.folder, 0)["s2"]
    assert (found == read(whole.folder, 0)["s2"]).all()
    assert (found[:4] == -99999).all() and (found[4:, :8, 0, :4] == 0).all()


def test_zero_power_of_one_polarisation_is_the_same_in_files_of_its_own(tmp_path):
    power = np.full((2, 16, 16), 0.1, np.float32)
    power[0, :, :8] = 0
    power[:, :4] = 0
    write_raster(tmp_path / "all.tif", power, "EPSG:32633", 5e5, 5e6, 10.0, names=["vv", "vh"])
    asked = []
    for name, values in zip(("vv", "vh"), power, strict=True):
        path = write_raster(tmp_path / f"{name}.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
        asked.append(RasterRequest(sensor="sentinel1", path=path, band=name, date=DAY))
    settings = evolve(SMALL, linear_power=True)
    apart = read(tile_rasters(asked, tmp_path / "apart", settings).folder, 0)["sentinel1"]
    both = RasterRequest(sensor="sentinel1", path=tmp_path / "all.tif", date=DAY)
    report = tile_rasters([both], tmp_path / "whole", settings)
    assert (apart == read(report.folder, 0)["sentinel1"]).all()
    assert (apart[:4] == -99999).all() and (apart[4:, :8, 0, 0] == -100).all()
    assert not any("lie outside -100" in remark for remark in report.remarks)
