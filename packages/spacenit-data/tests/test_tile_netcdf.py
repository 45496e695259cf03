"""netCDF with several variables, as it is: bands by the variables' names, dates from the axis of time."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from attrs import evolve
from click.testing import CliRunner
from rasterio.crs import CRS

from spacenit_core.errors import DataError, UserError
from spacenit_data.cli.tile import tile
from spacenit_data.rasters.bands import quantities_of
from spacenit_data.rasters.masks import parse_masks
from spacenit_data.tile import RasterRequest, TileSettings, tile_rasters

from .tiling import CLASSES, DAY, OPTICAL, RADAR, read, request

BELGIUM = (
    Path(os.environ.get("SPACENIT_REAL_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
    / "real-mini"
    / "worldcereal_belgium"
)
FIRST, SECOND = (
    BELGIUM / "WORLDCEREAL-INPUTS-10m_belgium_good_32631_2020-08-01_2022-03-31.nc",
    BELGIUM / "worldcereal_preprocessed_inputs.nc",
)
needs_belgium = pytest.mark.skipif(not FIRST.is_file(), reason=f"no {FIRST}: set SPACENIT_REAL_DATA")
SMALL = TileSettings(tile_size=16)


METRES = {
    "y": (5e6, -10.0, {"units": "m", "standard_name": "projection_y_coordinate"}),
    "x": (5e5, 10.0, {"units": "m", "standard_name": "projection_x_coordinate"}),
}
DEGREES = {"y": (50.0, -1e-4, {"units": "degrees_north"}), "x": (10.0, 1e-4, {"units": "degrees_east"})}


def write_cube(
    path: Path, variables: dict[str, np.ndarray], days: list, ground: dict = METRES, names: tuple = (), **time: str
) -> Path:
    """Write variables [t, b, y, x], [t, y, x] or [y, x] as netCDF; int16 means uint16, as its attribute says."""
    text = h5py.string_dtype()
    counted = {} if days and isinstance(days[0], str) else {"units": "days since 2020-01-01", "axis": "T"}
    axes: dict[str, tuple] = {
        "t": (np.array(days, float if counted else text), {**counted, **time}),
        "b": (np.array(names, text), {}),
    }
    for name, size in zip("yx", next(iter(variables.values())).shape[-2:], strict=True):
        start, step, attributes = ground[name]
        axes[name] = (start + step * (np.arange(size) + 0.5), attributes)
    with h5py.File(path, "w") as file:
        file.attrs["Conventions"] = np.bytes_("CF-1.8")
        file.create_dataset("crs", data=np.int32(0)).attrs["crs_wkt"] = np.bytes_(CRS.from_epsg(32633).to_wkt())
        for name, (values, attributes) in axes.items():
            if name == "b" and not names:
                continue
            file.create_dataset(name, data=values).make_scale(name)
            _describe(file[name], attributes)
        for name, values in variables.items():
            data = file.create_dataset(name, data=values)
            placed = {"grid_mapping": "crs"} if ground is METRES else {}
            _describe(data, {**placed, **({"_Unsigned": "true"} if values.dtype == np.int16 else {})})
            for number, axis in enumerate("tbyx" if values.ndim == 4 else "tyx"[-values.ndim :]):
                data.dims[number].attach_scale(file[axis])
    return path


def _describe(data: Any, attributes: dict[str, str]) -> None:
    for key, value in attributes.items():
        data.attrs[key] = np.bytes_(value)


def cube(first: int) -> np.ndarray:
    return np.full((2, 16, 16), first, np.int16) + np.arange(2, dtype=np.int16)[:, None, None]


def test_variables_are_bands_and_the_axis_of_time_gives_the_dates(tmp_path):
    values = cube(10)
    values[0, 0, 0] = -1
    values[1, 0, 0] = -32767
    path = write_cube(tmp_path / "a.nc", {"height": cube(1), "NIR": cube(20), "Red": values}, [31, 59.5])
    report = tile_rasters([RasterRequest(sensor=OPTICAL, path=path)], tmp_path / "out", SMALL)
    sample = read(report.folder, 0)
    assert sample["timestamps"].tolist() == [[1, 1, 2020], [29, 1, 2020]]
    assert sample["optical"][5, 5].tolist() == [[10, 20], [11, 21]]
    assert sample["optical"][0, 0].tolist() == [[-99999, 20], [32769, 21]], "65535 is missing, 32769 a number"
    again = [
        RasterRequest(sensor=OPTICAL, path=f"netcdf:{path}:Red", band="red", date=dt.date(2020, 2, 29)),
        RasterRequest(sensor=OPTICAL, path=path, band="nir", date=dt.date(2020, 2, 29)),
    ]
    one = read(tile_rasters(again, tmp_path / "one", SMALL).folder, 0)
    assert one["timestamps"].tolist() == [[29, 1, 2020]] and one["optical"][5, 5].tolist() == [[11, 21]]


def test_a_single_variable_is_a_series_too_and_a_map_takes_its_first_date(tmp_path):
    path = write_cube(tmp_path / "a.nc", {"vv": cube(3)}, [0, 26], units="hours since 2020-01-01 12:00:00")
    sample = read(tile_rasters([RasterRequest(sensor=RADAR, path=path)], tmp_path / "out", SMALL).folder, 0)
    assert sample["timestamps"].tolist() == [[1, 0, 2020], [2, 0, 2020]]
    path = write_cube(tmp_path / "map.nc", {"crop type": cube(3)}, [0, 1])
    report = tile_rasters([request(CLASSES, path)], tmp_path / "map", SMALL)
    assert (read(report.folder, 0)["classes"] == 3).all()
    assert any("the first of 2 dates is taken" in remark for remark in report.remarks)


@pytest.mark.parametrize(
    ("units", "value"),
    [
        ("seconds since 1970-01-01T00:00:00Z", 1577923200),
        ("nanoseconds since 1970-01-01", 1577923200e9),
        ("minutes since 2020-01-01 23:00:00.0", 61),
    ],
)
def test_time_may_be_counted_in_other_units(tmp_path, units, value):
    path = write_cube(tmp_path / "a.nc", {"vv": cube(3)}, [value, value * (1 + 1e-3)], units=units)
    (quantity,) = quantities_of(str(path))
    assert quantity.steps[0] == (1, dt.date(2020, 1, 2))


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ({"calendar": "360_day"}, "'days since 2020-01-01' in the calendar '360_day', which gives no dates"),
        ({"units": "months since 2020-01-01"}, "counts 'months since"),
        ({"units": "1"}, "'t' holds '0' 1, which is no date"),
        ({"units": "days since 2020-01-01", "far": 1e300}, r"holds '1e\+300' days since 2020-01-01, which is no"),
    ],
)
def test_axes_of_time_that_give_no_dates_are_refused(tmp_path, time, words):
    far = time.pop("far", 1)
    path = write_cube(tmp_path / "a.nc", {"Red": cube(1), "NIR": cube(2)}, [0, far], **time)
    with pytest.raises(DataError, match=words):
        tile_rasters([RasterRequest(sensor=OPTICAL, path=path)], tmp_path / "out", SMALL)


def test_texts_on_an_axis_name_bands_and_days(tmp_path):
    values = np.stack([cube(20), cube(10)], axis=1)
    path = write_cube(tmp_path / "a.nc", {"data": values}, ["2020-01-03", "2020-02-01"], names=("nir", "red"))
    sample = read(tile_rasters([RasterRequest(sensor=OPTICAL, path=path)], tmp_path / "out", SMALL).folder, 0)
    assert sample["timestamps"].tolist() == [[3, 0, 2020], [1, 1, 2020]]
    assert sample["optical"][5, 5].tolist() == [[10, 20], [11, 21]]


def test_a_mask_may_be_a_variable_of_the_same_file_and_empty_files_are_refused(tmp_path):
    clouds = cube(4)
    clouds[1, :8] = 9
    path = write_cube(tmp_path / "a.nc", {"Red": cube(10), "NIR": cube(20), "SCL": clouds}, [0, 1])
    asked = RasterRequest(sensor=OPTICAL, path=path, masks=parse_masks("scl=scl:9"))
    found = read(tile_rasters([asked], tmp_path / "out", SMALL).folder, 0)["optical"]
    assert (found[:, :, 0] > 0).all() and (found[:8, :, 1] == -99999).all() and (found[8:, :, 1] > 0).all()
    empty = write_cube(tmp_path / "b.nc", {"Red": cube(10)[:0], "NIR": cube(20)[:0]}, [])
    with pytest.raises(DataError, match="its variables are empty"):
        tile_rasters([RasterRequest(sensor=OPTICAL, path=empty)], tmp_path / "no", SMALL)


def test_two_images_of_one_day_stay_whole(tmp_path):
    path = write_cube(tmp_path / "a.nc", {"Red": cube(10), "NIR": cube(20)}, [0.1, 0.6])
    report = tile_rasters([RasterRequest(sensor=OPTICAL, path=path)], tmp_path / "out", SMALL)
    assert read(report.folder, 0)["optical"][5, 5].tolist() == [[10, 20]]
    assert any("several images of one day" in remark for remark in report.remarks)


def test_a_file_with_a_clock_in_its_name_and_degrees_without_a_reference_system(tmp_path):
    path = write_cube(tmp_path / "S2 12:30:00.nc", {"Red": cube(10), "NIR": cube(20)}, [0, 1], DEGREES)
    report = tile_rasters([RasterRequest(sensor=OPTICAL, path=path)], tmp_path / "out", SMALL)
    sample = read(report.folder, 0)
    assert [10, 20] in sample["optical"][:, :, 0].reshape(-1, 2).tolist()
    assert abs(sample["latlon"] - [50.0, 10.0]).max() < 0.01
    assert any("taken for those of WGS 84" in remark for remark in report.remarks)
    with pytest.raises(DataError, match="holds variables, not numbered bands"):
        tile_rasters([RasterRequest(sensor=OPTICAL, path=f"{path}:1", band="red")], tmp_path / "no", SMALL)


def test_variables_of_other_names_are_refused_and_said(tmp_path):
    path = write_cube(tmp_path / "a.nc", {"aot": cube(1), "wvp": cube(2)}, [0, 1])
    with pytest.raises(DataError, match="no band of optical: its bands are called aot, wvp"):
        tile_rasters([RasterRequest(sensor=OPTICAL, path=path)], tmp_path / "out", SMALL)
    with pytest.raises(DataError, match="2 variables, but was given as red alone"):
        tile_rasters([RasterRequest(sensor=OPTICAL, path=path, band="red")], tmp_path / "out", SMALL)
    with pytest.raises(DataError, match="cannot be read") as caught:
        tile_rasters([RasterRequest(sensor=OPTICAL, path=f"netcdf:{path}:red", band="red")], tmp_path / "out", SMALL)
    assert caught.value.hint == f"{path} holds netcdf:{path}:aot, netcdf:{path}:wvp"
    report = tile_rasters([RasterRequest(sensor=OPTICAL, path=path, bands=("nir", "red"))], tmp_path / "out", SMALL)
    assert read(report.folder, 0)["optical"][5, 5, 0].tolist() == [2, 1]


@needs_belgium
def test_both_belgian_files_tile_as_they_are(tmp_path):
    words = [*map(str, (SECOND, FIRST)), "--sensor", "sentinel2_l2a", "--workers", "1", "--tile-size", "64"]
    result = CliRunner().invoke(tile, [*words, "--out", str(tmp_path), "--allow-missing-bands"])
    assert result.exit_code == 0, result.output
    folder = next(tmp_path.glob("*/*/*"))
    with h5py.File(FIRST) as source:
        blue = source["B2"][:].astype(np.uint16)
        start = np.datetime64("1990-01-01")
        days = [(start + np.timedelta64(int(value), "D")).astype(dt.date) for value in source["t"][:]]
        west, north = float(source["x"][0]) - 5, float(source["y"][0]) + 5
    seen = 0
    for number in range(len(list(folder.glob("sample_*.h5")))):
        sample = read(folder, number)
        column, row = round((sample["attr:left"] - west) / 10), round((north - sample["attr:top"]) / 10)
        stored = [dt.date(y, m + 1, d) for d, m, y in sample["timestamps"].tolist()]
        for place, day in enumerate(np.array(stored)[sample["mask:sentinel2_l2a"]]):
            expected = blue[days.index(day)][max(row, 0) : row + 64, max(column, 0) : column + 64]
            found = sample["sentinel2_l2a"][max(-row, 0) :, max(-column, 0) :, place, 0]
            found = found[: expected.shape[0], : expected.shape[1]]
            if not found.size:
                continue
            there = (expected != 65535) & (found != -99999)
            seen += there.sum()
            assert found.max() < 65535 and (found[there] == expected[there]).mean() > 0.99
    assert seen > 100_000


@needs_belgium
def test_a_variable_by_its_gdal_name_and_a_map_with_an_axis_of_time(tmp_path):
    blue = RasterRequest(sensor=RADAR, path=f"netcdf:{FIRST}:B2", band="vv", date=dt.date(2020, 9, 1))
    report = tile_rasters([blue], tmp_path / "one", TileSettings(tile_size=64))
    assert read(report.folder, 0)["timestamps"].tolist() == [[1, 8, 2020]]
    with pytest.raises(UserError, match="no image of 2020-09-02: its 20 dates reach from 2020-08-01 to 2022-03-01"):
        tile_rasters([evolve(blue, date=dt.date(2020, 9, 2))], tmp_path / "two", SMALL)
    height = RasterRequest(sensor="srtm", path=SECOND, date=DAY)
    report = tile_rasters([height], tmp_path / "map", TileSettings(tile_size=64))
    assert any("the first of 12 dates is taken" in remark for remark in report.remarks)
    with pytest.raises(DataError, match="no band of naip_10: its bands are called B2, VH"):
        tile_rasters([RasterRequest(sensor="naip_10", path=FIRST, date=DAY)], tmp_path / "no", SMALL)


@needs_belgium
def test_radar_of_digital_numbers_comes_as_decibels(tmp_path):
    words = [str(FIRST), "--sensor", "sentinel1", "--date", "2020-09-01", "--amplitude", "-83", "--workers", "1"]
    result = CliRunner().invoke(tile, [*words, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    with h5py.File(FIRST) as source:
        numbers = np.stack([source[name][1].astype(np.uint16) for name in ("VV", "VH")], axis=-1).astype(float)
    expected = np.where(numbers == 65535, -99999, 20 * np.log10(np.maximum(numbers, 1)) - 83)
    found = read(next(tmp_path.glob("*/*/*")), 0)["sentinel1"][:101, :101, 0]
    np.testing.assert_allclose(found, expected, atol=1e-3)
