"""`data tile` stores numbers in the units of their sensor, or says why it cannot."""

import datetime as dt

import numpy as np
import pytest
import rasterio
from attrs import evolve
from click.testing import CliRunner

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_data.cli.tile import tile
from spacenit_data.rasters.offsets import DatedOffset, parse_offset
from spacenit_data.tile import TileSettings, from_arguments, tile_rasters

from .tiling import DAY, RADAR, mosaic, read, request, write_raster

S2 = evolve(SENSORS.get("sentinel2_l2a"), name="s2")
S1 = SENSORS.get("sentinel1")
RNG = np.random.default_rng(0)
REFLECTANCE = RNG.normal(0.15, 0.05, (12, 16, 16)).clip(0.001, 1)
POWER = np.stack([RNG.gamma(4, 0.02, (16, 16)), RNG.gamma(4, 0.004, (16, 16))])
SMALL = TileSettings(tile_size=16)


def raster(path, values, dtype="float32", pixel=10.0, **more):
    return write_raster(path, np.asarray(values).astype(dtype), "EPSG:32633", 5e5, 5e6, pixel, **more)


def stored(report, sensor="s2"):
    return np.moveaxis(read(report.folder, 0)[sensor][:, :, 0], -1, 0)


@pytest.mark.parametrize(
    ("spec", "values", "dtype", "words"),
    [
        (S2, REFLECTANCE, "float32", "--scale 10000"),
        (S2, REFLECTANCE * 100, "float32", "--scale 100"),
        (S2, REFLECTANCE * 100, "uint8", "--scale 100"),
        (S2, REFLECTANCE * 500, "uint8", "8-bit picture"),
        (S1, POWER, "float32", "--linear-power"),
        (S1, np.sqrt(POWER) * 1e4, "uint16", "--amplitude"),
        (S1, -10 * np.log10(POWER), "float32", "sign was lost"),
        (S2, REFLECTANCE * 0 - 9999, "int16", "--nodata -9999"),
    ],
)
def test_other_units_are_refused_before_anything_is_written(tmp_path, spec, values, dtype, words):
    asked = [request(spec, raster(tmp_path / "a.tif", values, dtype))]
    with pytest.raises(DataError) as caught:
        tile_rasters(asked, tmp_path / "out", SMALL)
    assert words in str(caught.value) and "--trust-units" in str(caught.value) and "a.tif" in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert tile_rasters(asked, tmp_path / "out", evolve(SMALL, trust_units=True)).samples == 1


@pytest.mark.parametrize(
    ("spec", "values", "number", "settings", "said"),
    [
        (S1, POWER, -9999, {"linear_power": True}, {}),
        (S1, np.sqrt(POWER) * 1e4, 65535, {"amplitude": -80.0}, {}),
        (S2, REFLECTANCE, -9999, {}, {"scale": 10000.0}),
        (S2, REFLECTANCE * 10000 + 1000, 65535, {}, {"offset": -1000.0}),
    ],
)
def test_what_marks_missing_pixels_is_no_measurement_once_converted(tmp_path, spec, values, number, settings, said):
    values = np.where(np.arange(16) < 2, number, values)
    asked, settings = [request(spec, raster(tmp_path / "a.tif", values), **said)], evolve(SMALL, **settings)
    with pytest.raises(DataError, match=rf"a\.tif.*hold {number}.*--nodata {number}"):
        tile_rasters(asked, tmp_path / "out", settings)
    known = tile_rasters(asked, tmp_path / "out", evolve(settings, nodata=(float(number),)))
    assert (stored(known, spec.name)[..., :2] == -99999).all() and (stored(known, spec.name)[..., 2:] > -99).all()


def test_one_date_or_one_file_of_a_date_in_other_units_is_named(tmp_path):
    good = raster(tmp_path / "good.tif", REFLECTANCE * 10000)
    bad = raster(tmp_path / "bad.tif", REFLECTANCE)
    for day in (DAY, dt.date(2021, 1, 1)):
        with pytest.raises(DataError, match=r"bad\.tif"):
            tile_rasters([request(S2, good), request(S2, bad, day)], tmp_path / "out", SMALL)
    asked = [request(S2, f"{good}:{n}", band=band) for n, band in enumerate(S2.bands[:-1], start=1)]
    with pytest.raises(DataError, match="of B09 are no values"):
        tile_rasters([*asked, request(S2, f"{bad}:12", band="B09")], tmp_path / "out", SMALL)


def test_pictures_that_look_dim_are_stored_with_a_note(tmp_path):
    path = raster(tmp_path / "a.tif", REFLECTANCE * 1000)
    report = tile_rasters([request(S2, path)], tmp_path / "out", SMALL)
    assert any("are these the sensor's units?" in note for note in report.remarks)


@pytest.mark.parametrize(
    ("numbers", "settings", "conversion"),
    [
        (POWER, {"linear_power": True}, {}),
        (np.sqrt(POWER), {"amplitude": 0.0}, {}),
        (np.sqrt(POWER) * 10 ** (83 / 20), {"amplitude": -83.0}, {}),
        (POWER * 1000, {"linear_power": True}, {"scale": 0.001}),
    ],
)
def test_decibels(tmp_path, numbers, settings, conversion):
    path = raster(tmp_path / "a.tif", numbers)
    report = tile_rasters([request(S1, path, **conversion)], tmp_path / "out", evolve(SMALL, **settings))
    np.testing.assert_allclose(stored(report, "sentinel1"), 10 * np.log10(POWER), rtol=1e-4)


def test_digital_numbers_of_0_are_missing(tmp_path):
    numbers = RNG.integers(3000, 6000, (2, 16, 16))
    numbers[0, 2, 3] = 0
    path = raster(tmp_path / "a.tif", numbers, "uint16")
    values = stored(tile_rasters([request(S1, path)], tmp_path / "o", evolve(SMALL, amplitude=-83.0)), "sentinel1")
    assert np.argwhere(values == -99999).tolist() == [[0, 2, 3]]


@pytest.mark.parametrize("option", [{"linear_power": True}, {"amplitude": -83.0}])
def test_decibels_are_not_converted_twice(tmp_path, option):
    path = raster(tmp_path / "a.tif", 10 * np.log10(POWER), nodata=-9999)
    with pytest.raises(DataError, match="decibels already"):
        tile_rasters([request(S1, path)], tmp_path / "out", evolve(SMALL, **option))


def test_radar_options_need_radar_and_exclude_each_other(tmp_path):
    path = raster(tmp_path / "a.tif", REFLECTANCE * 10000)
    with pytest.raises(UserError, match="--linear-power is for radar"):
        tile_rasters([request(S2, path)], tmp_path / "out", evolve(SMALL, linear_power=True))
    with pytest.raises(UserError, match="exclude each other"):
        TileSettings(linear_power=True, amplitude=-83.0)


@pytest.mark.parametrize("settings", [{"linear_power": True}, {"amplitude": 0.0}, {}])
def test_power_is_averaged_and_decibels_are_taken_last(tmp_path, settings):
    power = RNG.gamma(1, 0.1, (1, 64, 64))
    numbers = power if "linear_power" in settings else np.sqrt(power) if settings else 10 * np.log10(power)
    path = raster(tmp_path / "a.tif", numbers, pixel=5.0)
    asked = [request(RADAR, path)]
    report = tile_rasters(asked, tmp_path / "out", TileSettings(tile_size=32, resampling="average", **settings))
    means = power[0].reshape(32, 2, 32, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(stored(report, "radar")[0], 10 * np.log10(means), rtol=1e-4)


def test_a_stated_scale_and_offset_are_applied_after_nodata_and_said(tmp_path):
    numbers = np.round(REFLECTANCE * 10000) + 1000
    numbers[:, 0, 0] = 0
    path = raster(tmp_path / "a.tif", numbers, "uint16", nodata=0)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (1e-4,) * 12, (-0.1,) * 12
    report = tile_rasters([request(S2, path)], tmp_path / "out", SMALL)
    expected = np.where(numbers == 0, -99999, numbers - 1000)
    np.testing.assert_allclose(stored(report), expected)
    assert any("scale 1, offset -1000" in note and "applied" in note and "a.tif" in note for note in report.remarks)
    told = tile_rasters([request(S2, path, scale=1.0)], tmp_path / "told", SMALL)
    np.testing.assert_allclose(stored(told), np.where(numbers == 0, -99999, numbers))
    assert any("give way to scale 1, offset 0" in note for note in told.remarks)


def test_an_offset_for_some_dates(tmp_path):
    numbers = REFLECTANCE * 10000
    days = [dt.date(2021, 6, 1), dt.date(2022, 6, 1)]
    paths = [raster(tmp_path / f"{n}.tif", numbers + 1000 * n) for n in range(2)]
    offset = (DatedOffset(-1000.0, dt.date(2022, 1, 25)),)
    asked = [request(S2, path, day, offset=offset) for path, day in zip(paths, days, strict=True)]
    report = tile_rasters(asked, tmp_path / "out", SMALL)
    sample = read(report.folder, 0)["s2"]
    np.testing.assert_allclose(sample[:, :, 0], sample[:, :, 1], atol=1e-3)
    assert not [note for note in report.remarks if "darkest" in note or "stated" in note]


def test_a_step_between_dates_is_said_and_nothing_is_subtracted(tmp_path):
    numbers = REFLECTANCE * 10000
    asked = []
    for number, lift in enumerate((0, 0, 1000, 1000)):
        path = raster(tmp_path / f"{number}.tif", numbers * (1 + 0.03 * number) + lift)
        asked.append(request(S2, path, dt.date(2021, 11 + number % 2, 1) if not lift else dt.date(2022, number, 1)))
    report = tile_rasters(asked, tmp_path / "out", SMALL)
    (note,) = [note for note in report.remarks if "darkest" in note]
    assert "2022-02-01, 2022-03-01" in note and "--offset -1000@2022-02-01.." in note and "nothing was sub" in note
    np.testing.assert_allclose(mosaic(report.folder, "s2"), numbers[0], rtol=1e-6)
    every = [note for note in tile_rasters(asked[2:], tmp_path / "all", SMALL).remarks if "darker than 1000" in note]
    assert len(every) == 1


def test_dates_of_other_places_are_no_step(tmp_path):
    numbers = REFLECTANCE * 10000
    asked = []
    for number, lift in enumerate((0, 1000)):
        place = ("EPSG:32633", 5e5 + 5000 * number, 5e6, 10.0)
        path = write_raster(tmp_path / f"{number}.tif", (numbers + lift).astype(np.float32), *place)
        asked.append(request(S2, path, dt.date(2021 + number, 1, 1)))
    assert not any("darkest" in note for note in tile_rasters(asked, tmp_path / "out", SMALL).remarks)


def test_clouds_and_seasons_are_no_step(tmp_path):
    numbers = REFLECTANCE * 10000
    lifts = np.stack([np.zeros(12), np.linspace(2500, 300, 12), np.linspace(200, 1500, 12)])[:, :, None, None]
    asked = [
        request(S2, raster(tmp_path / f"{n}.tif", numbers + lift), dt.date(2022, 1 + n, 1))
        for n, lift in enumerate(lifts)
    ]
    assert not any("darkest" in note for note in tile_rasters(asked, tmp_path / "out", SMALL).remarks)


@pytest.mark.parametrize("text", ["", "x", "-1000@", "-1000@..", "-1000@2022-13-01", "inf", "1e999", "-1000@a..b"])
def test_offsets_that_make_no_sense(text):
    with pytest.raises(UserError, match="is no offset"):
        parse_offset(text)


def test_the_command_takes_masks_offsets_and_amplitude(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raster(tmp_path / "s1.tif", RNG.integers(3000, 6000, (2, 16, 16)), "uint16")
    mask = np.zeros((16, 16), np.uint8)
    mask[:4] = 9
    raster(tmp_path / "scl.tif", mask, "uint8")
    words = ["--sensor", "sentinel1", "--date", "2020-01-01", "--tile-size", "16", "--workers", "1", "s1.tif"]
    words += ["--amplitude", "-83", "--offset", "-10@2019-01-01..", "--mask", "scl=scl.tif:8,9"]
    done = CliRunner().invoke(tile, [*words, "--out", "out"])
    assert done.exit_code == 0, done.output
    (sample,) = (tmp_path / "out").glob("**/sample_0.h5")
    assert (read(sample.parent, 0)["sentinel1"] == -99999).mean() == 0.25


def test_one_mask_is_not_applied_to_other_dates_unasked(tmp_path):
    raster(tmp_path / "scl.tif", np.zeros((16, 16)), "uint8")
    (tmp_path / "scenes.csv").write_text("path,date\na.tif,2020-01-01\nb.tif,2020-02-01\n")
    from spacenit_data.tile import from_csv

    text = f"scl={tmp_path / 'scl.tif'}"
    with pytest.raises(UserError, match="is of one date, but would be applied to images of 2"):
        from_csv(tmp_path / "scenes.csv", sensor="sentinel1", masks=[text])
    assert len(from_csv(tmp_path / "scenes.csv", sensor="sentinel1", masks=["scl=SCL"])) == 2
    (tmp_path / "own.csv").write_text("path,date,mask,offset\na.tif,2020-01-01,scl=scl.tif:3,-5\n")
    (row,) = from_csv(tmp_path / "own.csv", sensor="sentinel1")
    assert row.masks[0].source == str(tmp_path / "scl.tif") and row.offset == (DatedOffset(-5.0),)
    assert from_arguments(["a.tif"], "sentinel1", None, masks=[text])[0].masks[0].values == (0, 1, 3, 8, 9, 10)
