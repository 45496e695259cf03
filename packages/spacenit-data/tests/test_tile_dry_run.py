"""What is said before any pixel is read: bands, units, nodata, dates, grid, size, and pixels that would be invented."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve
from click.testing import CliRunner

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import BandGroup
from spacenit_data.cli.tile import tile
from spacenit_data.tile import TileSettings, tile_rasters
from spacenit_data.tile.prepare import prepare

from .tiling import CLASSES, DAY, OPTICAL, request, write_raster


def image(path: Path, pixel: float = 10.0, bands: int = 2, size: int = 32, **more) -> Path:
    values = np.random.default_rng(0).integers(1, 200, (bands, size, size)).astype(np.uint8)
    return write_raster(path, values, "EPSG:32633", 5e5, 5e6, pixel, **more)


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(tile, list(map(str, words)))
    return result.exit_code, result.output + str(result.exception or "")


def test_a_dry_run_shows_what_would_be_made_and_writes_nothing(tmp_path):
    path = image(tmp_path / "a.tif", 2.5, bands=4, nodata=255, names=["nir", "red", "green", "blue"])
    words = ["--sensor", "naip_10", "--date", "2020-01-01", path, "--out", tmp_path / "out", "--tile-size", 8]
    code, said = run(*words, "--dry-run", "--nodata", 7, "--scale", 2)
    assert code == 0, said
    for text in (
        "naip_10: 2020-01-01, in 1 file",
        "a.tif: band 1 (nir)",
        "255, 7",
        "scale 2, offset 0",
        "digital number",
        "EPSG:32633",
    ):
        assert text in said
    assert "grid: 8 x 8 cells of 10 m" in said and "up to 1 samples" in said
    assert "up to 16.4 kB on disk" in said, "32 x 32 pixels of 4 bands, 4 bytes each"
    assert not (tmp_path / "out").exists()
    assert run(*words[:5], "--dry-run", "--tile-size", 8)[0] == 0
    assert "No folder was given" in run(*words[:5])[1]
    assert "no image is as large as one tile" in run(*words[:5], "--dry-run", "--edges", "drop")[1]


def test_the_size_is_that_of_the_pixels_that_are_stored(tmp_path):
    days = [DAY, dt.date(2020, 4, 1)]
    requests = [request(OPTICAL, image(tmp_path / f"{n}.tif", size=48), day) for n, day in enumerate(days)]
    requests.append(request(CLASSES, image(tmp_path / "map.tif", bands=1, size=16), None))
    size = prepare(requests, TileSettings(tile_size=16)).size
    assert (size.samples, size.images) == (9, {"optical": 18, "classes": 1})
    assert size.bytes == (18 * 2 + 1) * 16 * 16 * 4


def test_coarse_pixels_are_announced_and_asked_for_by_name(tmp_path):
    coarse = request(OPTICAL, image(tmp_path / "c.tif", 30.0))
    with pytest.raises(UserError, match=r"optical: pixels of about 30 m .* of 10 m, each 3 x 3 times") as caught:
        tile_rasters([coarse], tmp_path / "out", TileSettings(tile_size=16))
    assert "73.7 kB on disk" in str(caught.value) and "--allow-upsampling" in str(caught.value)
    assert not (tmp_path / "out").exists()
    report = tile_rasters([coarse], tmp_path / "out", TileSettings(tile_size=16, allow_upsampling=True))
    assert any("each 3 x 3 times" in remark for remark in report.remarks) and report.samples == 36


@pytest.mark.parametrize(("pixel", "fine"), [(20.0, True), (21.0, False)])
def test_twice_as_coarse_as_the_sensor_needs_no_asking(tmp_path, pixel, fine):
    tiling = prepare([request(OPTICAL, image(tmp_path / "a.tif", pixel, size=8))], TileSettings(tile_size=16))
    assert (not tiling.upsampled) is fine


def test_groups_of_coarser_bands_imply_coarser_pixels(tmp_path):
    groups = (BandGroup(bands=("red",), gsd=10.0), BandGroup(bands=("nir",), gsd=40.0))
    spec = evolve(OPTICAL, band_groups=groups)
    path = image(tmp_path / "a.tif", 60.0, bands=1, size=8)
    settings = TileSettings(tile_size=16, allow_missing_bands=True)
    assert not prepare([request(spec, path, band="nir")], settings).upsampled
    assert prepare([request(spec, path, band="red")], settings).upsampled


def test_a_dry_run_ends_as_the_run_would(tmp_path):
    path = image(tmp_path / "c.tif", 300.0, bands=4, size=4)
    words = ["--sensor", "naip_10", "--date", "2020-01-01", path, "--out", tmp_path / "out"]
    code, said = run(*words, "--dry-run")
    assert code != 0 and "120 x 120 times" in said and "band 4" in said and "--allow-upsampling" in said
    assert run(*words, "--dry-run", "--allow-upsampling")[0] == 0
