"""Rasters that open and cannot be read, do not fit, or hold nothing, in `data tile` and `data convert`."""

import csv
import os
import shutil
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_origin

REAL = Path(os.environ.get("SPACENIT_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")) / "real-mini"
CORRUPT = REAL / "rasters" / "corrupt.tif"

needs_real_data = pytest.mark.skipif(not CORRUPT.is_file(), reason=f"no {CORRUPT}: set SPACENIT_REAL_DATA")

PLACE = {"crs": "EPSG:32633", "transform": from_origin(500_000, 5_000_000, 10, 10)}


def write_tiff(path, values, **more):
    """Write [bands, height, width] as a GeoTIFF of small compressed blocks."""
    bands, height, width = values.shape
    layout = {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"}
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", count=bands, height=height, width=width, dtype=values.dtype, **{**layout, **more}
        ) as file:
            file.write(values)
    return path


def decibels(bands=2, size=64, seed=0):
    return np.random.default_rng(seed).normal(-12, 3, (bands, size, size)).astype(np.float32)


@pytest.fixture
def image(tmp_path):
    """Sentinel-1 of one date."""
    return write_tiff(tmp_path / "image.tif", decibels(), **PLACE)


def tile_words(*files, sensor="sentinel1"):
    return ["data", "tile", "--sensor", sensor, "--date", "2024-06-30", *map(str, files), "--tile-size", "16"]


def test_a_raster_cut_short_is_refused_before_anything_is_written(spacenit, image, tmp_path, nothing_written, helpers):
    helpers.cut(image, image.stat().st_size * 2 // 3)
    with rasterio.open(image) as file:
        assert file.count == 2
    with nothing_written():
        spacenit(*tile_words(image), "--out", tmp_path / "out").refused(1, str(image), "fetch it again")


def test_a_flipped_bit_in_a_raster_is_refused(spacenit, image, tmp_path, nothing_written, helpers):
    for place in range(2000, 6000, 400):
        helpers.flip(image, place)
    with nothing_written():
        spacenit(*tile_words(image), "--out", tmp_path / "out").refused(1, str(image), "damaged")


@needs_real_data
def test_a_real_raster_that_opens_and_cannot_be_read(spacenit, tmp_path, nothing_written):
    files = [f"{band}={CORRUPT}:{number}" for number, band in enumerate(("R", "G", "B"), start=1)]
    words = [*tile_words(*files, sensor="naip_10"), "--allow-missing-bands"]
    with nothing_written():
        spacenit(*words, "--out", tmp_path / "out").refused(1, str(CORRUPT), "cannot be read", "leave it out")


def test_files_and_options_that_cannot_be_meant(spacenit, image, tmp_path, nothing_written):
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    manifest = tmp_path / "scenes.csv"
    manifest.write_text("sensor,path,date\nsentinel1,absent.tif,2024-06-30\n")
    (tmp_path / "file").touch()
    out = ("--out", tmp_path / "out")
    with nothing_written():
        spacenit(*tile_words(tmp_path / "absent.tif"), *out).refused(1, "absent.tif", "check the path")
        spacenit(*tile_words(text), *out).refused(1, "text.tif", "damaged")
        spacenit("data", "tile", "--from-csv", manifest, *out).refused(1, "absent.tif", "check the path")
        spacenit("data", "tile", "--from-csv", tmp_path / "none.csv", *out).refused(1, "none.csv")
        spacenit(*tile_words(image, sensor="sentinel_1"), *out).refused(2, "did you mean sentinel1")
        spacenit(*tile_words(image), "--out", tmp_path / "file").refused(2, str(tmp_path / "file"), "--out")
        spacenit(*tile_words(image), *out, "--compression-opts", "99").refused(2, "level 99", "1 to 22")
        spacenit(*tile_words(image), *out, "--scale", "nan").refused(2, "--scale", "finite")
        spacenit(*tile_words(image), *out, "--crs", "EPSG:1").refused(2, "EPSG:1")


def test_missing_pixels_are_missing_and_not_nan(spacenit, tmp_path):
    values = decibels()
    values[:, :20, :] = np.nan
    values[1, 40, 40] = np.inf
    image = write_tiff(tmp_path / "image.tif", values, **PLACE)
    assert spacenit(*tile_words(image), "--out", tmp_path / "out", "--workers", "1").code == 0
    (folder,) = (path.parent for path in (tmp_path / "out").rglob("sample_metadata.csv"))
    stored = []
    for path in folder.glob("sample_*.h5"):
        with h5py.File(path) as file:
            stored.append(file["sentinel1"][()])
    assert np.isfinite(stored).all()
    # The first row of four tiles holds nothing; of the second one a quarter is missing.
    assert len(stored) == 12 and (np.array(stored) == -99999).sum() == 4 * 16 * 4 * 2 + 1


def test_an_image_without_any_pixel(spacenit, tmp_path, nothing_written):
    image = write_tiff(tmp_path / "image.tif", np.full((2, 64, 64), np.nan, np.float32), **PLACE)
    with nothing_written():
        spacenit(*tile_words(image), "--out", tmp_path / "out").refused(1, "none of 16 tiles has enough pixels")


@pytest.fixture
def raw(tmp_path):
    """Raw tiles: twelve months of Sentinel-1 at two places."""
    root = tmp_path / "raw"
    folder, rows = root / "10_sentinel1_monthly", []
    for row in (-2089, -2088):
        write_tiff(folder / f"EPSG:32610_150_{row}_10.tif", 10 ** (decibels(24, 32, -row) / 10))
        for month in range(1, 13):
            dates = [f"2021-{month:02d}-{day:02d}T00:00:00+00:00" for day in (1, 28)]
            rows.append(["EPSG:32610", 150, row, "2021-07-01T00:00:00+00:00", month - 1, *dates])
    with (root / "10_sentinel1_monthly.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["crs", "col", "row", "tile_time", "image_idx", "start_time", "end_time"])
        writer.writerows(rows)
    return root


def first(raw):
    return raw / "10_sentinel1_monthly" / "EPSG:32610_150_-2089_10.tif"


RASTER_FAULTS = {
    "cut": lambda path, helpers: helpers.cut(path, path.stat().st_size // 2),
    "empty": lambda path, helpers: helpers.cut(path, 0),
    "absent": lambda path, helpers: path.unlink(),
    "bands": lambda path, helpers: write_tiff(path, decibels(23, 32)),
    "sides": lambda path, helpers: write_tiff(path, decibels(24, 48)),
}


@pytest.mark.parametrize("fault", RASTER_FAULTS)
def test_a_bad_raster_stops_a_conversion_or_is_left_out(fault, spacenit, raw, tmp_path, helpers):
    RASTER_FAULTS[fault](first(raw), helpers)
    words = ("data", "convert", raw, "--workers", "1")
    spacenit(*words, "--out", tmp_path / "stop").refused(1, str(first(raw)))
    assert not list((tmp_path / "stop").rglob("sample_*"))
    seen = spacenit(*words, "--out", tmp_path / "skip", "--on-error", "skip")
    seen.refused(1, first(raw).name, "1 of 2 sources could not be read")
    # Four samples of the other tile, and they are a whole set.
    (folder,) = (path.parent for path in (tmp_path / "skip").rglob("sample_metadata.csv"))
    assert len(list(folder.glob("sample_*.h5"))) == 4
    assert spacenit("data", "validate", folder, "--workers", "1").code == 0


@needs_real_data
def test_a_conversion_of_a_real_raster_that_cannot_be_read(spacenit, raw, tmp_path):
    first(raw).unlink()
    shutil.copy(CORRUPT, first(raw))
    spacenit("data", "convert", raw, "--out", tmp_path / "out").refused(1, str(first(raw)), "copy or download it again")
    assert not list((tmp_path / "out").rglob("sample_*"))


def test_nan_in_all_tiles_leaves_nothing_to_convert(spacenit, raw, tmp_path):
    for path in (raw / "10_sentinel1_monthly").iterdir():
        write_tiff(path, np.full((24, 32, 32), np.nan, np.float32))
    seen = spacenit("data", "convert", raw, "--out", tmp_path / "out", "--workers", "1")
    seen.refused(1, "none of the 2 sources gives a sample")
    assert not list((tmp_path / "out").rglob("sample_*"))


CSV_FAULTS = {
    "no column": (lambda text: text.replace("image_idx", "index"), "image_idx"),
    "no number": (lambda text: text.replace("150,-2089", "150,x", 1), "line 2"),
    "no date": (lambda text: text.replace("2021-03-01T", "2021-33-01T"), "line 4: month"),
    "other reference system": (lambda text: text.replace("EPSG:32610", "EPSG:1"), "EPSG:1"),
    "cut line": (lambda text: text[:-60], "line 25"),
    "nothing": (lambda text: "", "10_sentinel1_monthly.csv"),
    "header": (lambda text: text.partition("\n")[0], "no series"),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_csv_that_makes_no_sense_stops_a_conversion(fault, spacenit, raw, tmp_path):
    change, part = CSV_FAULTS[fault]
    path = raw / "10_sentinel1_monthly.csv"
    path.write_text(change(path.read_text().replace("\r\n", "\n")))
    seen = spacenit("data", "convert", raw, "--out", tmp_path / "out", "--workers", "1")
    seen.refused(1, part)
    assert not list((tmp_path / "out").rglob("sample_*"))


def test_a_folder_that_cannot_hold_the_set(spacenit, raw, data, tmp_path, nothing_written):
    (tmp_path / "file").touch()
    with nothing_written():
        for out in (tmp_path / "file", tmp_path / "file" / "below"):
            spacenit("data", "convert", raw, "--out", out).refused(2, str(out), "choose another folder with --out")
            spacenit("data", "convert", "--from-h5", data, "--out", out).refused(
                2, str(out), "choose another folder with --out"
            )
