"""Cloud masks by name: how they are written, and which pixels of an image they leave out."""

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from spacenit_core.errors import DataError, UserError
from spacenit_data.rasters.masks import KNOWN, Mask, check_mask, parse_masks, read_mask
from spacenit_data.rasters.opening import OPEN

from .tiling import write_raster

CLASSES = np.array([[3, 4, 8, 5], [4, 4, 4, 9], [10, 5, 5, 0], [4, 6, 6, 11]], np.uint8)
LEFT_OUT = np.isin(CLASSES, (3, 8, 9, 10))


@pytest.fixture(autouse=True)
def closed():
    yield
    OPEN.close()


def image(folder, crs="EPSG:32633", left=5e5, top=5e6, pixel=10.0, side=8, **more):
    return write_raster(folder / "image.tif", np.full((1, side, side), 100, np.uint16), crs, left, top, pixel, **more)


def read(mask, path, window=None):
    with rasterio.open(path) as file:
        check_mask(mask, file)
        return read_mask(mask, file, window or Window(0, 0, file.width, file.height))


def test_classes_of_a_coarser_mask(tmp_path):
    scl = write_raster(tmp_path / "scl.tif", CLASSES, "EPSG:32633", 5e5, 5e6, 20.0)
    (mask,) = parse_masks(f"scl={scl}:3,8-10")
    assert mask == Mask(source=str(scl), band=1, values=(3, 8, 9, 10))
    whole = LEFT_OUT.repeat(2, 0).repeat(2, 1)
    assert (read(mask, image(tmp_path)) == whole).all()
    assert (read(mask, image(tmp_path), Window(3, 2, 4, 5)) == whole[2:7, 3:7]).all()


def test_known_masks_need_no_values(tmp_path):
    scl = write_raster(tmp_path / "scl.tif", CLASSES, "EPSG:32633", 5e5, 5e6, 10.0)
    (mask,) = parse_masks(f"SCL={scl}")
    assert mask.values == (0, 1, 3, 8, 9, 10)
    assert (read(mask, image(tmp_path, side=4)) == np.isin(CLASSES, mask.values)).all()
    assert all(parse_masks(f"{name}={scl}") for name in KNOWN)


def test_bits_of_a_quality_band(tmp_path):
    quality = np.array([[0b0, 0b1000, 0b10000], [0b10, 0b1000000, 0b101000]], np.uint16)
    write_raster(tmp_path / "qa.tif", quality, "EPSG:32633", 5e5, 5e6, 10.0)
    (mask,) = parse_masks("qa_pixel=qa.tif:bits=1,3,4", folder=tmp_path)
    assert mask.bits == (1, 3, 4)
    found = read(mask, image(tmp_path, side=2), Window(0, 0, 2, 2))
    assert found.tolist() == [[False, True], [True, False]]


def test_a_finer_mask_leaves_a_pixel_out_where_one_of_its_own_is(tmp_path):
    fine = np.zeros((8, 8), np.uint8)
    fine[1, 1] = fine[6, 3] = 1
    path = write_raster(tmp_path / "clouds.tif", fine, "EPSG:32633", 5e5, 5e6, 10.0)
    (mask,) = parse_masks(f"clouds={path}:1")
    found = read(mask, image(tmp_path, pixel=20.0, side=4))
    assert np.argwhere(found).tolist() == [[0, 0], [3, 1]]


def test_a_mask_of_another_reference_system_and_what_it_does_not_cover(tmp_path):
    path = write_raster(tmp_path / "m.tif", np.ones((40, 40), np.uint8), "EPSG:4326", 14.9995, 45.1535, 1e-5)
    (mask,) = parse_masks(f"clouds={path}:7")
    with rasterio.open(image(tmp_path, left=499980.0, top=4999990.0)) as file:
        x, y = rasterio.warp.transform(file.crs, "EPSG:4326", [file.bounds.left], [file.bounds.top])
    path = write_raster(tmp_path / "m.tif", np.ones((40, 40), np.uint8), "EPSG:4326", x[0], y[0], 1e-5)
    found = read(mask, tmp_path / "image.tif")
    assert not found[1, 1] and found[7, 7], "what no mask covers is not known to be clear"
    far = write_raster(tmp_path / "far.tif", np.ones((4, 4), np.uint8), "EPSG:32633", 7e5, 5e6, 10.0)
    with pytest.raises(DataError, match="does not cover"):
        read(parse_masks(f"clouds={far}:7")[0], tmp_path / "image.tif")


def test_a_band_of_the_images_own_file(tmp_path):
    values = np.stack([np.full((4, 4), 50, np.uint8), CLASSES])
    path = write_raster(tmp_path / "image.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, names=["red", "SCL"])
    for text in ("scl=SCL:3,8,9,10", "scl=scl:3,8,9,10", "scl=2:3,8,9,10"):
        (mask,) = parse_masks(text)
        assert not mask.source and (read(mask, path) == LEFT_OUT).all()
    with pytest.raises(UserError, match=r"neither a file nor a band(.|\n)*red, SCL"):
        read(parse_masks("qa_pixel=QA_PIXEL")[0], path)


def test_missing_pixels_of_a_mask_are_left_out(tmp_path):
    path = write_raster(tmp_path / "m.tif", CLASSES, "EPSG:32633", 5e5, 5e6, 10.0, nodata=6)
    (mask,) = parse_masks(f"clouds={path}:3")
    assert (read(mask, image(tmp_path, side=4)) == np.isin(CLASSES, (3, 6))).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scl.tif", "is no mask"),
        ("scl=", "is no mask"),
        ("clouds=CLOUDS", "which values of 'clouds'"),
        ("scl=absent.tif:3", "no file .*absent.tif"),
        ("qa=QA:bits=70", "no bit 70"),
    ],
)
def test_what_is_no_mask_is_refused(text, words):
    with pytest.raises(UserError, match=words):
        parse_masks(text)


def test_several_masks_and_none():
    assert len(parse_masks("scl=SCL; clouds=CLP:50-100")) == 2 and parse_masks("") == ()


def test_fractions_are_no_classes(tmp_path):
    cloudy = write_raster(tmp_path / "p.tif", CLASSES.astype(np.float32) / 11, "EPSG:32633", 5e5, 5e6, 10.0)
    with pytest.raises(DataError, match=r"p\.tif holds 0\.2\d+: fractions"):
        read(parse_masks(f"cloud={cloudy}:1")[0], image(tmp_path, side=4))
