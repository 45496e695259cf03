"""`data convert` stores what is a pixel, in the units of its sensor: from raw tiles and from other sets."""

import csv
import datetime as dt
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
from attrs import evolve
from click.testing import CliRunner
from rasterio import Affine
from rasterio.enums import ColorInterp

from spacenit_core.errors import DataError, UserError
from spacenit_data.cli.convert import convert as command
from spacenit_data.convert.cloud_masks import parse_sensor_mask
from spacenit_data.convert.conversion import run
from spacenit_data.convert.prepare import from_raw, from_set
from spacenit_data.convert.settings import ConvertSettings
from spacenit_data.convert.units import UnitSettings, parse_scale, parse_sensor_offset
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_data.rasters.offsets import DatedOffset

from .tiling import write_raster

RNG = np.random.default_rng(0)
SETTINGS = ConvertSettings(tile_size=256, min_steps=2)
HOLE = np.zeros((32, 32), bool)
HOLE[:4] = True
POWER = RNG.gamma(4, 0.01, (4, 32, 32)).astype(np.float32)
HEIGHT = np.full((1, 32, 32), 250, np.int16)


def optical(steps=2):
    return [RNG.normal(2000, 300, (steps * n, 32, 32)).astype(np.uint16) for n in (4, 6, 2)]


def world(root: Path, mask=None, alpha=False, scale=None, **rasters):
    """A raw tile of two months; `rasters` are the images of each sensor's band groups, [T * C, side, side]."""
    files = {
        "sentinel2_l2a": ("_monthly", ("10", "20", "40")),
        "sentinel1": ("_monthly", ("10",)),
        "srtm": ("", ("10",)),
    }
    for name, groups in {"sentinel2_l2a": optical(), **rasters}.items():
        ending, resolutions = files[name]
        folder = root / f"10_{name}{ending}"
        folder.mkdir(parents=True, exist_ok=True)
        nodata = groups.pop("nodata") if isinstance(groups, dict) else None
        groups = groups["values"] if isinstance(groups, dict) else groups
        for resolution, values in zip(resolutions, groups, strict=True):
            size = 2560 / values.shape[1]
            path = folder / f"EPSG:32610_150_-2089_{resolution}.tif"
            with rasterio.open(
                path,
                "w",
                driver="GTiff",
                count=len(values),
                height=values.shape[1],
                width=values.shape[2],
                dtype=values.dtype,
                crs="EPSG:32610",
                nodata=nodata,
                transform=Affine(size, 0, 384000, 0, -size, 5347840),
            ) as file:
                file.write(values)
                if name == "srtm" and mask is not None:
                    file.write_mask(mask)
                if name == "sentinel2_l2a" and scale is not None:
                    file.scales, file.offsets = (scale[0],) * len(values), (scale[1],) * len(values)
            if name == "srtm" and alpha:
                with rasterio.open(path, "r+") as file:
                    file.colorinterp = [ColorInterp.gray, ColorInterp.alpha]
        with (root / f"10_{name}{ending}.csv").open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["crs", "col", "row", "tile_time", "image_idx", "start_time", "end_time"])
            for step in range(2 if ending else 1):
                day = f"202{1 + step}-06-01T00:00:00+00:00"
                out.writerow(["EPSG:32610", 150, -2089, day, step, day, day])
    return root


def converted(root: Path, **units):
    report = run(from_raw(root, root / "out", evolve(SETTINGS, units=UnitSettings(**units))))
    with h5py.File(report.folder / "sample_0.h5") as file:
        return report, {name: file[name][()] for name in file if isinstance(file[name], h5py.Dataset)}


def lows(values):
    """The 256 x 256 pixels at the size that they were written in."""
    return values[::8, ::8]


@pytest.mark.parametrize("way", ["tag", "mask", "internal mask", "alpha", "NaN", "number"])
def test_pixels_that_a_raster_calls_missing_are_never_stored_as_real(tmp_path, way):
    values, more = np.where(HOLE, 0, HEIGHT), {}
    if way == "tag":
        more["srtm"] = {"values": [values], "nodata": 0}
    elif way == "NaN":
        more["srtm"] = [np.where(HOLE, np.nan, HEIGHT).astype(np.float32)]
    elif way == "number":
        more["srtm"] = [np.where(HOLE, -99999, HEIGHT.astype(np.int32))]
    elif way == "alpha":
        more |= {"srtm": [np.concatenate([values, np.where(HOLE, 0, 255)[None]]).astype(np.int16)], "alpha": True}
    else:
        more |= {"srtm": [values], "mask": ~HOLE}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=way == "internal mask"):
        world(tmp_path, **more)
    report, sample = converted(tmp_path)
    assert "srtm" not in sample
    assert report.dropped["srtm"] == {"NaN or infinite pixels" if way == "NaN" else "nodata pixels": 1}
    kept = run(from_raw(tmp_path, tmp_path / "kept", evolve(SETTINGS, units=UnitSettings(store_missing=True))))
    with h5py.File(kept.folder / "sample_0.h5") as file:
        assert (lows(file["srtm"][:, :, 0, 0]) == np.where(HOLE, -99999, 250)).all()


def test_zeros_outside_of_images_are_stored_as_missing_and_that_is_said(tmp_path):
    groups = optical()
    for group in groups:
        group[: len(group) // 2, HOLE] = 0
    world(tmp_path, sentinel2_l2a=groups)
    report, sample = converted(tmp_path)
    images = lows(sample["sentinel2_l2a"])
    assert images.dtype == np.float32 and (images[HOLE][:, 0] == -99999).all() and (images[:, :, 1] > 0).all()
    assert any("0 in all bands" in note for note in report.notes)
    again = run(from_raw(tmp_path, tmp_path / "out", SETTINGS))
    assert again.written == 0 and again.notes == report.notes
    kept = run(from_raw(tmp_path, tmp_path / "kept", evolve(SETTINGS, units=UnitSettings(keep_zeros=True))))
    with h5py.File(kept.folder / "sample_0.h5") as file:
        assert file["sentinel2_l2a"].dtype == np.uint16


def test_radar_of_raw_tiles_is_power_unless_it_is_said_otherwise(tmp_path):
    decibels = 10 * np.log10(POWER)
    _, sample = converted(world(tmp_path / "power", sentinel1=[POWER]))
    expected = decibels.reshape(2, 2, 32, 32).transpose(2, 3, 0, 1)
    np.testing.assert_allclose(lows(sample["sentinel1"]), expected, rtol=1e-5)
    world(tmp_path / "db", sentinel1=[decibels])
    with pytest.raises(DataError, match=r"decibels already(.|\n)*--no-linear-power"):
        converted(tmp_path / "db")
    _, sample = converted(tmp_path / "db", linear_power=False)
    np.testing.assert_allclose(lows(sample["sentinel1"]), expected, rtol=1e-5)
    numbers = np.round(np.sqrt(POWER) * 10 ** (83 / 20)).astype(np.uint16)
    numbers[0, 0, 0] = 0
    _, sample = converted(world(tmp_path / "dn", sentinel1=[numbers]), amplitude=-83.0)
    found = lows(sample["sentinel1"])
    assert found[0, 0, 0, 0] == -99999
    np.testing.assert_allclose(found[1:], expected[1:], atol=0.01)


def test_reflectance_in_other_units_is_refused_or_converted(tmp_path):
    fractions = [(group / 10000).astype(np.float32) for group in optical()]
    world(tmp_path, sentinel2_l2a=fractions)
    with pytest.raises(DataError, match=r"fractions of 1(.|\n)*--scale sentinel2_l2a=10000"):
        converted(tmp_path)
    run(from_raw(tmp_path, tmp_path / "trust", evolve(SETTINGS, units=UnitSettings(trust_units=True))))
    offset = DatedOffset(-500.0, dt.date(2022, 1, 1))
    _, sample = converted(tmp_path, scale=(("sentinel2_l2a", 10000.0),), offset=(("sentinel2_l2a", offset),))
    images = lows(sample["sentinel2_l2a"])[:, :, :, :4].transpose(2, 3, 0, 1)
    expected = fractions[0].reshape(2, 4, 32, 32) * 10000 - np.array([0, 500])[:, None, None, None]
    np.testing.assert_allclose(images, expected, rtol=1e-4)


def test_one_month_in_other_units_is_found(tmp_path):
    groups = [group.astype(np.float32) for group in optical()]
    for group in groups:
        group[len(group) // 2 :] /= 10000
    with pytest.raises(DataError, match="no values in reflectance"):
        converted(world(tmp_path, sentinel2_l2a=groups))


def test_a_stated_scale_is_applied_and_said(tmp_path):
    groups = optical()
    for group in groups:
        group[:, HOLE] = 0
    report, sample = converted(world(tmp_path, sentinel2_l2a=groups, scale=(1e-4, -0.1)))
    images = lows(sample["sentinel2_l2a"])[:, :, :, :4].transpose(2, 3, 0, 1)
    expected = np.where(HOLE, -99999.0, groups[0].reshape(2, 4, 32, 32) - 1000.0)
    np.testing.assert_allclose(images, expected, atol=0.01)
    assert any("scale 1, offset -1000 are applied" in note for note in report.notes)


def test_a_step_between_dates_is_said_and_nothing_is_subtracted(tmp_path):
    groups = optical()
    for group in groups:
        group[len(group) // 2 :] = group[: len(group) // 2] + 1000
    report, sample = converted(world(tmp_path, sentinel2_l2a=groups))
    assert any("2022-06-01" in note and "nothing was subtracted" in note for note in report.notes)
    assert sample["sentinel2_l2a"].max() == max(group.max() for group in groups)


def test_masks_of_raw_tiles_leave_pixels_out_by_class(tmp_path):
    groups = optical()
    world(tmp_path, sentinel2_l2a=groups)
    classes = np.full((2, 64, 64), 4, np.uint8)
    classes[1, 10, 10] = 9
    folder = tmp_path / "10_scl_monthly"
    folder.mkdir()
    path = folder / "EPSG:32610_150_-2089_10.tif"
    write_raster(path, classes, "EPSG:32610", 384000, 5347840, 40)
    mask = parse_sensor_mask("sentinel2_l2a:scl=10_scl_monthly:3,8-10", tmp_path)
    _, sample = converted(tmp_path, masks=(mask,))
    missing = (sample["sentinel2_l2a"] == -99999).all(axis=-1)
    assert not missing[:, :, 0].any() and missing[40:44, 40:44, 1].all() and missing.sum() == 16
    with pytest.raises(UserError, match="have changed since"):
        write_raster(path, classes[:, :32, :32], "EPSG:32610", 384000, 5347840, 80)
        converted(tmp_path, masks=(mask,))
    path.unlink()
    with pytest.raises(DataError, match="has 0 masks of tile"):
        run(from_raw(tmp_path, tmp_path / "b", evolve(SETTINGS, units=UnitSettings(masks=(mask,)))))
    for text in ("scl=10_scl_monthly:3", "sentinel2_l2a:scl=absent:3"):
        with pytest.raises(UserError, match=r"names no (sensor|folder)"):
            parse_sensor_mask(text, tmp_path)


def other_set(root: Path, **bands):
    writer = H5SetWriter(root, sorted(bands), count=1, tile_size=16)
    stamps = np.array([[1, 0, 2021], [1, 5, 2022]], np.int32)
    latlon = np.array([48.0, -123.0], np.float32)
    writer.write(0, SampleArrays(bands=bands, present={}, timestamps=stamps, latlon=latlon))
    return writer.finish()


def rewritten(folder, out, **units):
    report = run(from_set(folder, out, ConvertSettings(units=UnitSettings(**units))))
    with h5py.File(report.folder / "sample_0.h5") as file:
        return report, {name: file[name][()] for name in file if name not in ("missing_timesteps_masks",)}


def test_other_sets_are_judged_by_the_same_rule(tmp_path):
    s2 = RNG.normal(2000, 300, (16, 16, 2, 12)).astype(np.float32)
    s2[0, 0] = 0
    s1 = RNG.normal(-15, 2, (16, 16, 2, 2)).astype(np.float32)
    height = np.full((16, 16, 1, 1), 300, np.int16)
    good = other_set(tmp_path / "good", sentinel2_l2a=s2, sentinel1=s1, srtm=height)
    report, sample = rewritten(good, tmp_path / "1")
    assert (sample["sentinel2_l2a"][0, 0] == -99999).all() and any("0 in all bands" in note for note in report.notes)
    np.testing.assert_array_equal(sample["sentinel1"], s1)
    power = other_set(tmp_path / "power", sentinel2_l2a=s2, sentinel1=10 ** (s1 / 10))
    with pytest.raises(DataError, match=r"sample_0.h5: sentinel1: .*linear power"):
        rewritten(power, tmp_path / "2")
    _, sample = rewritten(power, tmp_path / "3", linear_power=True)
    np.testing.assert_allclose(sample["sentinel1"], s1, rtol=1e-4)
    marked = s1.copy()
    marked[3, 3] = -32768
    report, sample = rewritten(other_set(tmp_path / "m", sentinel2_l2a=s2, sentinel1=marked), tmp_path / "4")
    assert report.dropped["sentinel1"] == {"nodata pixels": 1}
    with pytest.raises(DataError, match="hold -9999"):
        s2[1, 1] = -9999
        rewritten(other_set(tmp_path / "n", sentinel2_l2a=s2), tmp_path / "5")
    other = next((tmp_path / "n").glob("**/sample_0.h5")).parent
    _, sample = rewritten(other, tmp_path / "6", nodata=(-9999.0,), store_missing=True)
    assert (sample["sentinel2_l2a"][1, 1] == -99999).all()


def test_the_command_names_sensors(tmp_path):
    world(tmp_path, sentinel2_l2a=[(group / 100).astype(np.float32) for group in optical()])
    words = [str(tmp_path), "--tile-size", "256", "--min-steps", "2", "--workers", "1"]
    done = CliRunner().invoke(command, [*words, "--scale", "sentinel2_l2a=100"])
    assert done.exit_code == 0, done.output
    refused = CliRunner().invoke(command, [*words, "--scale", "landsat=100"])
    assert isinstance(refused.exception, UserError) and "'landsat', which is not converted" in str(refused.exception)


@pytest.mark.parametrize("text", ["100", "=100", "a=x", "a=0", "a=inf"])
def test_factors_that_make_no_sense(text):
    with pytest.raises(UserError, match="no factor of a sensor"):
        parse_scale(text)


def test_offsets_of_sensors():
    assert parse_sensor_offset("S2=-1000@2022-01-25..") == ("s2", DatedOffset(-1000.0, dt.date(2022, 1, 25)))
    with pytest.raises(UserError, match="names no sensor"):
        parse_sensor_offset("-1000")
