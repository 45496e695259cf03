"""Every way in which a raster says that there is no pixel, alone and beside others."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from spacenit_data.rasters.validity import missing_pixels, read_masked

from .tiling import write_raster

PLACE = ("EPSG:32633", 5e5, 5e6, 10.0)
HOLE = np.zeros((8, 8), bool)
HOLE[2:4, 1:7] = True
ALPHA = np.where(HOLE, 0, 255).astype(np.uint8)


def pixels(count: int, dtype: str = "uint8") -> np.ndarray:
    return np.random.default_rng(count).integers(10, 200, (count, 8, 8)).astype(dtype)


def missing(path: Path, bands: list[int], **more) -> np.ndarray:
    with rasterio.open(path) as file:
        return missing_pixels(file, bands, file.read(bands), **more)


@pytest.mark.parametrize("nodata", [None, 9.0])
@pytest.mark.parametrize(("count", "place"), [(2, 2), (4, 4), (4, 1), (5, 3), (13, 13), (3, 2)])
def test_an_alpha_band_at_any_place_and_beside_a_tag(tmp_path, count, place, nodata):
    values = pixels(count)
    values[place - 1] = ALPHA
    path = write_raster(tmp_path / "a.tif", values, *PLACE, nodata=nodata)
    with rasterio.open(path, "r+") as file:
        roles = [ColorInterp.gray, *[ColorInterp.undefined] * (count - 1)]
        file.colorinterp = [ColorInterp.alpha if n == place - 1 else role for n, role in enumerate(roles)]
    bands = [band for band in range(1, count + 1) if band != place]
    assert (missing(path, bands) == HOLE).all()
    assert not missing(path, list(range(1, count + 1)), alpha_is_data=True).any()


@pytest.mark.parametrize("nodata", [None, 9.0])
@pytest.mark.parametrize("internal", ["YES", "NO"])
def test_a_mask_band_or_a_msk_file_beside_a_tag(tmp_path, nodata, internal):
    values = pixels(3)
    values[:, 7, 7] = 9
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=internal):
        path = write_raster(tmp_path / "a.tif", values, *PLACE, nodata=nodata)
        with rasterio.open(path, "r+") as file:
            file.write_mask(~HOLE)
    assert (tmp_path / "a.tif.msk").exists() == (internal == "NO")
    expected = HOLE.copy()
    expected[7, 7] = nodata is not None
    assert (missing(path, [1, 2, 3]) == expected).all()


def test_a_tag_of_each_band(tmp_path):
    paths = []
    for number, nodata in enumerate((5, 6), start=1):
        values = np.full((1, 8, 8), 50, np.int16)
        values[0, 0, 0], values[0, 1, 1] = 5, 6
        paths.append(write_raster(tmp_path / f"{number}.tif", values, *PLACE, nodata=nodata))
    bands = "".join(
        f'<VRTRasterBand dataType="Int16" band="{n}"><NoDataValue>{nodata}</NoDataValue><SimpleSource>'
        f'<SourceFilename relativeToVRT="1">{n}.tif</SourceFilename></SimpleSource></VRTRasterBand>'
        for n, nodata in ((1, 5), (2, 6))
    )
    vrt = tmp_path / "both.vrt"
    vrt.write_text(
        f'<VRTDataset rasterXSize="8" rasterYSize="8"><SRS>EPSG:32633</SRS>'
        f"<GeoTransform>500000,10,0,5000000,0,-10</GeoTransform>{bands}</VRTDataset>"
    )
    found = missing(vrt, [1, 2])
    assert [np.argwhere(band).tolist() for band in found] == [[[0, 0]], [[1, 1]]]


def test_nan_fill_values_and_numbers_that_the_type_cannot_hold(tmp_path):
    values = pixels(1, "float32")
    values[0, 0, :5] = np.nan, np.inf, -np.inf, -3.4028235e38, 1e36
    values[0, 1, 0] = 0.1
    path = write_raster(tmp_path / "f.tif", values, *PLACE, nodata=0.1)
    expected = np.zeros((8, 8), bool)
    expected[0, :5] = expected[1, 0] = True
    assert (missing(path, [1])[0] == expected).all()
    whole = pixels(1)
    whole[0, 0, 0] = 241  # -9999 as uint8
    path = write_raster(tmp_path / "u.tif", whole, *PLACE)
    assert not missing(path, [1], numbers=(-9999.0, -99999.0, 12.5, np.nan, 1e99)).any()
    assert missing(path, [1], numbers=(241.0,))[0, 0, 0]


def test_a_known_nodata_value_takes_the_place_of_the_one_that_gdal_reports(tmp_path):
    values = pixels(1)
    values[0, 0, 0], values[0, 0, 1] = 3, 4
    path = write_raster(tmp_path / "a.tif", values, *PLACE, nodata=3)
    assert np.argwhere(missing(path, [1], nodata=4.0)[0]).tolist() == [[0, 1]]


def test_one_band_of_labels_as_a_masked_array(tmp_path):
    values = np.stack([pixels(1)[0], ALPHA])
    path = write_raster(tmp_path / "a.tif", values, *PLACE)
    with rasterio.open(path, "r+") as file:
        file.colorinterp = [ColorInterp.gray, ColorInterp.alpha]
    with rasterio.open(path) as file:
        found = read_masked(file, 1)
        assert found.dtype == np.uint8 and (found.mask == HOLE).all()
        part = read_masked(file, 1, rasterio.windows.Window(1, 2, 3, 2))
        assert part.shape == (2, 3) and part.mask.all()
