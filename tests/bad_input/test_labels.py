"""Labels, places and folders that `evaluate` cannot use."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

PLACE = {"crs": "EPSG:32633", "transform": from_origin(500_000, 5_000_000, 10, 10)}


def write_tiff(path, values, **place):
    bands, height, width = values.shape
    shape = {"count": bands, "height": height, "width": width, "dtype": values.dtype}
    with rasterio.open(path, "w", driver="GTiff", compress="deflate", **shape, **{**PLACE, **place}) as file:
        file.write(values)
    return path


@pytest.fixture
def trained(spacenit, tmp_path, helpers):
    """A run on an image that was tiled, and the set."""
    rng = np.random.default_rng(0)
    image = write_tiff(tmp_path / "image.tif", rng.normal(-12, 3, (2, 64, 64)).astype(np.float32))
    words = ("data", "tile", "--sensor", "sentinel1", "--date", "2024-06-30", "--tile-size", "16", "--workers", "1")
    assert spacenit(*words, image, "--out", tmp_path / "tiles").code == 0
    (data,) = (path.parent for path in (tmp_path / "tiles").rglob("sample_metadata.csv"))
    spacenit.train(data, tmp_path / "run", "--sensors=[sentinel1]").refused(0, "finished")
    return tmp_path / "run", data


@pytest.fixture
def labels(tmp_path):
    codes = np.random.default_rng(1).integers(1, 3, (1, 64, 64)).astype(np.uint8)
    return write_tiff(tmp_path / "labels.tif", codes)


SMALL = ("--window", "4", "--patch-size", "2", "--block", "160")


def test_labels_that_cannot_be_used(spacenit, trained, labels, tmp_path, nothing_written, helpers):
    run, _ = trained
    codes = np.ones((1, 64, 64), np.float32)
    cut = write_tiff(tmp_path / "cut.tif", np.random.default_rng(2).integers(1, 9, (1, 64, 64)).astype(np.uint8))
    helpers.cut(cut, 1500)
    geostationary = {
        "crs": "+proj=geos +h=35785831 +lon_0=0 +units=m",
        "transform": from_origin(-5.4e6, 5.4e6, 1.7e5, 1.7e5),
    }
    for path, code, part in [
        (tmp_path / "absent.tif", 2, "--labels takes a raster of class codes, or polygons"),
        (cut, 1, "copy or make the raster again"),
        (write_tiff(tmp_path / "zero.tif", codes * 0), 2, "no labelled pixel"),
        (write_tiff(tmp_path / "half.tif", codes / 2), 2, "fractions"),
        (write_tiff(tmp_path / "one.tif", codes), 2, "of two classes at least (--labels)"),
        (write_tiff(tmp_path / "far.tif", codes, transform=from_origin(9e5, 5e6, 10, 10)), 2, "the same ground"),
        (write_tiff(tmp_path / "space.tif", codes, **geostationary), 2, "the same ground"),
    ]:
        with nothing_written():
            spacenit("evaluate", run, "--labels", path, *SMALL).refused(code, part)
    with nothing_written():
        words = ("evaluate", run, "--labels", labels)
        spacenit(*words, "--window", "32", "--patch-size", "2").refused(2, "do not fit into samples of 16", "--window")
        spacenit(*words, *SMALL, "--train-share", "0.0001").refused(2, "--train-share")
        spacenit(*words, *SMALL, "--h5py_dir", tmp_path).refused(2, "there is one in")
        spacenit(*words, *SMALL, "--out", labels).refused(2, str(labels), "choose another folder with --out")


def test_samples_and_places_that_cannot_be_read(spacenit, trained, labels, nothing_written, helpers):
    run, data = trained
    words = ("evaluate", run, "--labels", labels, *SMALL)
    sample, places = data / "sample_3.h5", data / "sample_locations.csv"
    whole, table = sample.read_bytes(), places.read_text()
    helpers.cut(sample, -200)
    with nothing_written():
        spacenit(*words).refused(1, str(sample), "cut short")
    sample.write_bytes(whole)
    for text in (table.replace("EPSG:32633", "EPSG:x"), table.replace("left", "lft"), table.replace("160", "?")):
        places.write_text(text)
        with nothing_written():
            spacenit(*words).refused(1, str(places), "make the set again")
    places.unlink()
    with nothing_written():
        spacenit(*words).refused(1, "does not say where its samples lie")
    places.write_text(table)
    assert spacenit(*words).code == 0 and (run / "evaluation" / "results.json").is_file()
