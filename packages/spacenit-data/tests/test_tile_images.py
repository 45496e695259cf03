"""Pixels of overlapping images: each whole from one of them; what resampling does to power and to nearest pixels."""

import datetime as dt

import numpy as np
import pytest

from spacenit_data.tile import TileSettings, tile_rasters

from .tiling import CLASSES, DAY, OPTICAL, RADAR, mosaic, read, request, write_raster


def image(folder, name, values, left=5e5, pixel=10.0, **more):
    path = write_raster(folder / f"{name}.tif", np.asarray(values, np.float32), "EPSG:32633", left, 5e6, pixel)
    return request(more.pop("sensor", OPTICAL), path, **more)


def tiled(out, requests, size=16, **settings):
    return tile_rasters(requests, out, TileSettings(tile_size=size, **settings))


def spectra(report):
    """All pixels as rows of (red, nir), missing ones left out."""
    samples = [read(report.folder, index)["optical"][:, :, 0] for index in range(report.samples)]
    pixels = np.concatenate([values.reshape(-1, 2) for values in samples])
    return {tuple(row) for row in pixels[(pixels != -99999).any(axis=1)].tolist()}


def with_holes(red, nir, holes):
    values = np.stack([np.full((16, 16), red), np.full((16, 16), nir)]).astype(np.float32)
    for band, rows in holes.items():
        values[band, rows] = np.nan
    return values


def test_no_pixel_mixes_bands_of_two_images(tmp_path):
    first = image(tmp_path, "a", with_holes(1, 2, {0: slice(0, 4), 1: slice(2, 6)}))
    second = image(tmp_path, "b", with_holes(11, 12, {1: slice(4, 6)}))
    report = tiled(tmp_path / "out", [first, second])
    sample = read(report.folder, 0)["optical"][:, 0, 0].tolist()
    missing = -99999.0
    # Whole in the first; else whole in the second; else what the first has, and nothing of the other.
    assert sample[:6] == [[11, 12]] * 4 + [[1, missing]] * 2 and sample[6:] == [[1, 2]] * 10


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (0, 2, 3, 1), (3, 1, 0, 2), (3, 0, 1, 2)])
def test_bands_in_files_of_their_own_find_their_image(tmp_path, order):
    # Two strips that overlap by three quarters, and bands of one strip that were cut a pixel apart.
    files = [
        image(tmp_path, "S2A_red", np.full((16, 64), 1), band="red"),
        image(tmp_path, "S2A_nir", np.full((16, 63), 2), left=5e5 + 10, band="nir"),
        image(tmp_path, "S2B_red", np.full((16, 64), 11), left=5e5 + 160, band="red"),
        image(tmp_path, "S2B_nir", np.full((16, 64), 12), left=5e5 + 160, band="nir"),
    ]
    found = spectra(tiled(tmp_path / "out", [files[i] for i in order], allow_missing_bands=True))
    assert found <= {(1.0, 2.0), (11.0, 12.0), (1.0, -99999.0)} and {(1.0, 2.0), (11.0, 12.0)} <= found


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (2, 0, 3, 1)])
def test_images_of_the_same_ground_are_told_apart_by_their_names(tmp_path, order):
    names = [("morning_red", 1, "red"), ("morning_nir", 2, "nir"), ("noon_red", 11, "red"), ("noon_nir", 12, "nir")]
    files = [image(tmp_path, name, np.full((16, 16), value), band=band) for name, value, band in names]
    found = spectra(tiled(tmp_path / "out", [files[i] for i in order]))
    assert found == {(1.0, 2.0) if order[0] == 0 else (11.0, 12.0)}


def test_a_band_that_covers_less_still_belongs_to_its_image(tmp_path):
    red = image(tmp_path, "red", np.full((16, 32), 1), band="red")
    nir = image(tmp_path, "nir", np.full((16, 16), 2), band="nir")
    assert spectra(tiled(tmp_path / "out", [red, nir], allow_missing_bands=True)) == {(1.0, 2.0), (1.0, -99999.0)}


@pytest.mark.parametrize("method", ["bilinear", "average", "cubic"])
@pytest.mark.parametrize("pixel", [5.0, 12.5])
def test_power_is_averaged_before_decibels_are_taken(tmp_path, method, pixel):
    # Speckle of one look: the mean of its decibels lies 2.5 dB below the decibels of its mean.
    power = np.random.default_rng(3).exponential(0.1, (1, 96, 96))
    file = image(tmp_path, "vv", power, pixel=pixel, sensor=RADAR)
    report = tiled(tmp_path / "out", [file], size=64, linear_power=True, resampling=method, allow_upsampling=True)
    whole = mosaic(report.folder, "radar")
    assert np.nanmin(whole) > -99.0
    mean = 10 * np.log10(np.nanmean(10 ** (whole / 10)))
    assert abs(mean - 10 * np.log10(power.mean())) < 0.25


def test_nearest_pixels_that_lie_off_are_said(tmp_path):
    fine = image(tmp_path, "fine", np.ones((2, 32, 32)), pixel=5.0)
    coarse = image(tmp_path, "coarse", np.ones((2, 16, 16)), pixel=20.0)
    third = image(tmp_path, "third", np.ones((2, 96, 96)), pixel=10 / 3)
    note = "2.5 m off in x and y"
    assert any(note in text for text in tiled(tmp_path / "a", [fine], resampling="nearest").remarks)
    for name, item, settings in [
        ("b", fine, {}),
        ("c", coarse, {"resampling": "nearest"}),
        ("d", third, {"resampling": "nearest"}),
    ]:
        assert not any(" m off in x and y" in text for text in tiled(tmp_path / name, [item], **settings).remarks)
    codes = image(tmp_path, "codes", np.ones((32, 32)), pixel=5.0, sensor=CLASSES, day=DAY)
    assert any(note in text for text in tiled(tmp_path / "e", [codes]).remarks)


def test_cells_that_are_not_of_their_size_on_the_ground_are_said(tmp_path):
    path = write_raster(tmp_path / "n.tif", np.ones((2, 16, 16), np.float32), "EPSG:3413", 0.0, -3.2e6, 10.0)
    remarks = tiled(tmp_path / "out", [request(OPTICAL, path, dt.date(2021, 7, 1))]).remarks
    assert any("cells of 10 m in EPSG:3413 are 9." in text and "on the ground" in text for text in remarks)
