"""Every mistake in what is tiled gets a message that names the file, and nothing is left behind."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from rasterio.transform import from_origin

from spacenit_core.errors import DataError, SpaceNitError, UserError
from spacenit_core.sensors.spec import BandGroup, NormalizedDifference, SensorSpec
from spacenit_data.cli.tile import tile
from spacenit_data.tile import RasterRequest, TileSettings, from_arguments, from_csv, tile_rasters

DAY = dt.date(2020, 3, 5)
RGB = SensorSpec(name="rgb", band_groups=(BandGroup(bands=("R", "G", "B"), gsd=10.0),), temporal=True)
MAP = SensorSpec(name="map", band_groups=(BandGroup(bands=("code",), gsd=10.0),), temporal=False, categorical=True)
OTHER_GRID = SensorSpec(name="other", band_groups=(BandGroup(bands=("x",), gsd=30.0),), temporal=True, grid_gsd=30.0)
WEATHER = SensorSpec(name="weather", band_groups=(BandGroup(bands=("t",), gsd=0.0),), temporal=True, spatial=False)
INDEX = SensorSpec(
    name="index",
    band_groups=(BandGroup(bands=("x",), gsd=10.0),),
    temporal=True,
    derived=NormalizedDifference(source="rgb", positive=0, negative=1),
)


def image(
    path: Path, bands: int = 3, crs: str | None = "EPSG:32633", pixel: float = 10.0, dtype="uint8", **more
) -> Path:
    shape = (bands, 32, 32)
    values = np.random.default_rng(0).integers(1, 200, shape).astype(dtype)
    place = {} if crs is None else {"crs": crs, "transform": from_origin(5e5, 5e6, pixel, pixel)}
    with rasterio.open(
        path, "w", driver="GTiff", count=bands, height=32, width=32, dtype=dtype, **{**place, **more}
    ) as file:
        file.write(values)
    return path


def refused(out: Path, *requests: RasterRequest, **settings) -> SpaceNitError:
    with pytest.raises(SpaceNitError) as caught:
        tile_rasters(requests, out, TileSettings(**{"tile_size": 16, **settings}))
    assert not out.exists(), "something was written"
    return caught.value


def request(sensor: SensorSpec, path: Path, day: dt.date | None = DAY, band: str | None = None) -> RasterRequest:
    return RasterRequest(sensor=sensor, path=path, date=day, band=band)


def test_missing_foreign_and_truncated_files_are_named(tmp_path):
    out = tmp_path / "out"
    absent = refused(out, request(RGB, tmp_path / "absent.tif"))
    assert isinstance(absent, DataError) and "absent.tif does not exist" in str(absent)
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    foreign = refused(out, request(RGB, text))
    assert isinstance(foreign, DataError) and "text.tif cannot be read" in str(foreign)
    whole = image(tmp_path / "whole.tif", compress="deflate", blockysize=8)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[:-900])
    damaged = refused(out, request(RGB, cut))
    assert isinstance(damaged, DataError) and "cut.tif cannot be read" in str(damaged)


def test_all_bad_files_are_reported_at_once(tmp_path):
    requests = [request(RGB, tmp_path / f"{number}.tif") for number in range(13)]
    message = str(refused(tmp_path / "out", *requests))
    assert "0.tif" in message and "9.tif" in message and "and 3 more" in message


def test_bands_that_do_not_fit(tmp_path):
    out = tmp_path / "out"
    four = image(tmp_path / "four.tif", bands=4, dtype="uint16")
    wrong = refused(out, request(RGB, four))
    assert isinstance(wrong, DataError) and "has 4 bands without names, but rgb has 3: R, G, B" in str(wrong)
    assert "--bands" in (wrong.hint or "")
    typo = refused(out, request(RGB, four, band="BB"))
    assert isinstance(typo, UserError) and "no band 'BB'" in str(typo) and "did you mean" in str(typo)
    assert "given as R alone" in str(refused(out, request(RGB, four, band="R")))
    assert "has no band 9" in str(refused(out, request(RGB, Path(f"{four}:9"), band="R")))
    assert "is which band of rgb" in str(refused(out, request(RGB, Path(f"{four}:1"))))
    lacking = refused(out, request(RGB, Path(f"{four}:1"), band="R"))
    assert isinstance(lacking, UserError) and "lacks the bands G, B" in str(lacking)
    settings = TileSettings(tile_size=16, allow_missing_bands=True)
    assert tile_rasters([request(RGB, Path(f"{four}:1"), band="R")], out, settings).samples == 4


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_rasters_without_a_place_on_the_ground(tmp_path):
    out = tmp_path / "out"
    bare = refused(out, request(RGB, image(tmp_path / "bare.tif", crs=None)))
    assert isinstance(bare, DataError) and "does not say where it lies" in str(bare)
    far = image(tmp_path / "far.tif", crs="+proj=geos +h=35785831 +lon_0=0 +units=m", pixel=4e5)
    assert "more than the ground" in str(refused(out, request(RGB, far)))


def test_pixels_and_areas_that_cannot_be_meant(tmp_path):
    out = tmp_path / "out"
    coarse = refused(out, request(RGB, image(tmp_path / "c.tif", pixel=2000.0)))
    assert isinstance(coarse, UserError) and "about 2000 m wide, but rgb has 10 m" in str(coarse)
    place = from_origin(0.0, 50.0, 1.0, 1e-4)
    wide = image(tmp_path / "w.tif", crs="EPSG:4326", transform=place)
    assert "32 degrees wide" in str(refused(out, request(RGB, wide)))
    assert "complex" in str(refused(out, request(MAP, image(tmp_path / "z.tif", bands=1, dtype="complex64"))))
    good = request(RGB, image(tmp_path / "good.tif"))
    assert "not in metres" in str(refused(out, good, crs="EPSG:4326"))
    assert isinstance(refused(out, good, crs="EPSG:notone"), UserError)
    assert "as large as one tile" in str(refused(out, good, tile_size=64, edges="drop"))


def test_images_without_any_pixel(tmp_path):
    empty = image(tmp_path / "e.tif")
    with rasterio.open(empty, "r+") as file:
        file.write(np.zeros((3, 32, 32), np.uint8))
        file.nodata = 0
    problem = refused(tmp_path / "out", request(RGB, empty))
    assert isinstance(problem, DataError) and "none of 4 tiles has enough pixels (4 have none" in str(problem)


def test_dates_and_sensors_that_do_not_fit(tmp_path):
    out, good, code = tmp_path / "out", image(tmp_path / "a.tif"), image(tmp_path / "m.tif", bands=1)
    assert "has no date, but rgb has a time axis" in str(refused(out, request(RGB, good, None)))
    assert "no date" in str(refused(out, request(MAP, code, None)))
    twice = refused(out, request(MAP, code), request(MAP, code, dt.date(2021, 1, 1)))
    assert "was given at 2 dates: 2020-03-05, 2021-01-01" in str(twice)
    assert "different grids" in str(refused(out, request(RGB, good), request(OTHER_GRID, code)))
    assert "has no grid" in str(refused(out, request(WEATHER, code)))
    assert "computed from rgb" in str(refused(out, request(INDEX, code)))
    unknown = refused(out, RasterRequest(sensor="no_such_sensor", path=good, date=DAY))
    assert isinstance(unknown, UserError) and "no_such_sensor" in str(unknown)
    assert "no files" in str(refused(out))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tile_size": 3}, "tile size of 3"),
        ({"stride": 0}, "stride of 0"),
        ({"min_valid": 1.5}, "valid share of 1.5"),
        ({"edges": "cut"}, "valid are pad, shift, drop"),
        ({"resampling": "best"}, "valid are auto"),
    ],
)
def test_settings_out_of_range(settings, words):
    with pytest.raises(UserError, match=words):
        TileSettings(**settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sensor,file\nrgb,a.tif\n", "unknown column 'file'"),
        ("sensor,date\nrgb,2020-01-01\n", "no column 'path'"),
        ("path\n", "lists no files"),
        ("path\na.tif\n", "line 2: no sensor"),
        ("sensor,path,date\nrgb,a.tif,05/03/2020\n", "'05/03/2020' is not a date"),
        ("sensor,path,scale\nrgb,a.tif,zero\nrgb,b.tif,0\n", "line 3: scale '0' cannot be used"),
        ("", "no column 'path'"),
        ("path,sensor,path\na.tif,rgb,b.tif\n", "column 'path' is there twice"),
        ("path,bands\na.tif,R,G,B\n", "line 2: 4 cells below 2 columns"),
    ],
)
def test_manifests_that_make_no_sense(tmp_path, text, words):
    manifest = tmp_path / "scenes.csv"
    manifest.write_text(text)
    with pytest.raises(UserError, match=words):
        from_csv(manifest)


def test_arguments_that_make_no_sense(tmp_path):
    with pytest.raises(UserError, match="which sensor"):
        from_arguments(["a.tif"], None, None)
    with pytest.raises(UserError, match="names no file"):
        from_arguments(["B1="], "rgb", None)
    with pytest.raises(UserError, match="not a date"):
        from_arguments(["a.tif"], "rgb", "yesterday")
    with pytest.raises(DataError, match=r"absent\.csv cannot be read"):
        from_csv(tmp_path / "absent.csv")
    strange = tmp_path / "a=b.tif"
    strange.touch()
    assert from_arguments([str(strange), "B1=c.tif"], "rgb", None)[0].path == strange


def test_a_failing_write_leaves_whole_samples_only(tmp_path, monkeypatch):
    from spacenit_data.tile import set_maker

    calls, real = [], set_maker.write_atomically

    def full_disk(path: Path, content: bytes) -> None:
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(path, content)

    good = [request(RGB, image(tmp_path / "a.tif"))]
    monkeypatch.setattr(set_maker, "write_atomically", full_disk)
    with pytest.raises(DataError, match="No space left"):
        tile_rasters(good, tmp_path / "out", TileSettings(tile_size=16))
    monkeypatch.undo()
    report = tile_rasters(good, tmp_path / "out", TileSettings(tile_size=16))
    assert (report.written, report.samples) == (2, 4)


def test_the_command_needs_files_and_explains_itself(tmp_path):
    runner = CliRunner()
    assert "--from-csv scenes.csv" in runner.invoke(tile, ["--help"]).output
    bare = runner.invoke(tile, ["--out", str(tmp_path)])
    assert bare.exit_code == 2 and "No files were given" in bare.output


def test_the_command_tiles_with_an_installed_sensor(tmp_path):
    path = image(tmp_path / "naip.tif", bands=4, pixel=2.5)
    arguments = ["--sensor", "NAIP_10", str(path), "--date", "2020-01-01", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(tile, [*arguments, "--tile-size", "8", "--workers", "1"])
    assert result.exit_code == 0, result.output
    assert "naip_10" in result.output and "data view" in result.output
    assert (tmp_path / "out" / "h5py_data_w_missing_timesteps_zstd_3_8_x_1" / "naip_10" / "1" / "sample_0.h5").exists()
