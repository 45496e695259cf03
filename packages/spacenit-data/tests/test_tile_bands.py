"""Which bands come into samples, from what kind of file: by name, from archives and netCDF, and where one lacks."""

import datetime as dt
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from attrs import evolve

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.naming import BandNaming
from spacenit_data.rasters import quiet
from spacenit_data.stats import compute_statistics
from spacenit_data.tile import RasterRequest, TileSettings, from_arguments, from_csv, tile_rasters

from .tiling import DAY, OPTICAL, RADAR, read, request, write_raster

SMALL = TileSettings(tile_size=16)


def two_bands(path: Path, first: int = 1, left: float = 5e5, bands: int = 2, **more) -> Path:
    values = np.stack([np.full((16, 16), first + number, np.uint16) for number in range(bands)])
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_raster(path, values, "EPSG:32633", left, 5e6, 10.0, **more)


def pixel(folder: Path, sensor: str, sample: int = 0) -> list[float]:
    return read(folder, sample)[sensor][0, 0, 0].tolist()


def test_a_stac_item_beside_the_file_names_its_bands(tmp_path):
    path = two_bands(tmp_path / "scene.tif")
    (tmp_path / "scene.json").write_text(
        '{"assets": {"image": {"href": "./scene.tif", "eo:bands": ['
        '{"name": "B8", "common_name": "nir"}, {"name": "B4", "common_name": "red"}]}}}'
    )
    assert pixel(tile_rasters([request(OPTICAL, path)], tmp_path / "out", SMALL).folder, "optical") == [2, 1]


@pytest.mark.parametrize("key", ["POLARIZATION", "Description", "Name"])
def test_names_in_items_of_the_bands_metadata(tmp_path, key):
    path = two_bands(tmp_path / "scene.tif")
    with rasterio.open(path, "r+") as file:
        for number, name in enumerate(("nir", "red"), start=1):
            file.update_tags(number, **{key: name})
    assert pixel(tile_rasters([request(OPTICAL, path)], tmp_path / "out", SMALL).folder, "optical") == [2, 1]


def test_names_in_one_item_of_the_metadata(tmp_path):
    path = two_bands(tmp_path / "scene.tif")
    with rasterio.open(path, "r+") as file:
        file.update_tags(long_name="('nir', 'red')")
    assert pixel(tile_rasters([request(OPTICAL, path)], tmp_path / "out", SMALL).folder, "optical") == [2, 1]


def test_a_file_in_an_archive_below_a_folder_with_equals(tmp_path, monkeypatch):
    inner = two_bands(tmp_path / "a.tif", names=["nir", "red"])
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(inner, "deep/a.tif")
    plain = two_bands(tmp_path / "date=2024-01-01" / "x.tif", first=5)
    monkeypatch.chdir(tmp_path)
    for number, (words, expected) in enumerate(
        [
            (["/vsizip/all.zip/deep/a.tif"], [2, 1]),
            ([f"zip://{tmp_path}/all.zip!/deep/a.tif"], [2, 1]),
            (["red=date=2024-01-01/x.tif:2", "nir=date=2024-01-01/x.tif:1"], [6, 5]),
            ([str(plain.relative_to(tmp_path))], [5, 6]),
        ]
    ):
        requests = from_arguments(words, "optical", "2020-03-05")
        requests = [RasterRequest(**{**_fields(one), "sensor": OPTICAL}) for one in requests]
        assert pixel(tile_rasters(requests, f"out{number}", SMALL).folder, "optical") == expected
    (single,) = from_arguments(["date=2024-01-01/x.tif:2"], "radar", "2020-03-05")
    assert (single.band, single.path) == (None, Path("date=2024-01-01/x.tif:2"))
    (absent,) = from_arguments(["date=2024-01-01/y.tif"], "radar", "2020-03-05")
    assert (absent.band, absent.path) == (None, Path("date=2024-01-01/y.tif"))
    manifest = tmp_path / "deep" / "scenes.csv"
    manifest.parent.mkdir()
    manifest.write_text("path,bands\n/vsizip/../all.zip/deep/a.tif,nir red\n")
    (row,) = from_csv(manifest, sensor="optical", day="2020-03-05")
    assert row.bands == ("nir", "red") and str(row.path) == f"/vsizip/{manifest.parent}/../all.zip/deep/a.tif"


def test_a_name_that_leads_nowhere_says_what_its_file_holds(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(two_bands(tmp_path / "a.tif"), "deep/a.tif")
    for name in (f"/vsizip/{tmp_path}/all.zip/b.tif", tmp_path / "all.zip"):
        with pytest.raises(DataError, match=r"cannot be read") as caught:
            tile_rasters([request(OPTICAL, name)], tmp_path / "out", SMALL)
        assert caught.value.hint == f"{tmp_path}/all.zip holds /vsizip/{tmp_path}/all.zip/deep/a.tif"
    (absent,) = from_arguments(["date=2024/x.tif"], "sentinel1", "2020-03-05")
    with pytest.raises(UserError, match=r"where date=2024/x.tif is no file: sentinel1 has no band 'date'"):
        tile_rasters([absent], tmp_path / "out", SMALL)
    with tarfile.open(tmp_path / "all.tar", "w") as archive:
        archive.add(tmp_path / "a.tif", "b1.tif")
    for name, hint in [("all.tar", f"/vsitar/{tmp_path}/all.tar/b1.tif"), (".", "it is a folder")]:
        with pytest.raises(DataError, match=hint):
            tile_rasters([request(OPTICAL, tmp_path / name)], tmp_path / "out", SMALL)


def _fields(one: RasterRequest) -> dict:
    return {name: getattr(one, name) for name in RasterRequest.__annotations__}


def test_a_band_that_one_place_has_and_another_lacks_is_refused(tmp_path):
    whole = two_bands(tmp_path / "whole.tif")
    red = two_bands(tmp_path / "red.tif", left=5e5 + 160, bands=1)
    requests = [request(OPTICAL, whole), request(OPTICAL, red, band="red")]
    with pytest.raises(UserError, match=r"lacks the band nir where .*red\.tif lies, though it is there elsewhere"):
        tile_rasters(requests, tmp_path / "out", SMALL)
    near = two_bands(tmp_path / "near.tif", left=5e5 + 10, bands=1)
    assert tile_rasters([request(OPTICAL, whole), request(OPTICAL, near, band="red")], tmp_path / "o", SMALL).samples
    nir = two_bands(tmp_path / "nir.tif", left=5e5 + 160, bands=1, first=7)
    report = tile_rasters([*requests, request(OPTICAL, nir, band="nir")], tmp_path / "out", SMALL)
    assert [pixel(report.folder, "optical", n) for n in range(2)] == [[1, 2], [1, 7]]


def test_a_band_missing_everywhere_is_said_with_what_it_takes_along(tmp_path):
    names = [band for band in SENSORS.get("sentinel2_l2a").bands if band not in ("B8A", "B01", "B09")]
    values = np.random.default_rng(0).integers(100, 3000, (9, 20, 20)).astype(np.uint16)
    path = write_raster(tmp_path / "nine.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, names=[*names[:-1], "SWIR2"])
    nine = RasterRequest(sensor="sentinel2_l2a", path=path, date=DAY)
    with pytest.raises(UserError, match="lacks the bands B8A, B01, B09"):
        tile_rasters([nine], tmp_path / "out", SMALL)
    settings = TileSettings(tile_size=16, edges="shift", allow_missing_bands=True)
    report = tile_rasters([nine], tmp_path / "out", settings)
    said = next(remark for remark in report.remarks if "no sample has a pixel" in remark)
    assert "of B8A, B01 and B09" in said and "never sees B05, B06, B07, B11 and B12" in said
    assert "--band_groups.sentinel2_l2a=[[B02,B03,B04,B08],[B05,B06,B07,B11,B12]]" in said
    assert not any("are missing, and windows" in remark for remark in report.remarks)
    (statistics,) = compute_statistics(report.folder)
    assert statistics.note == said
    line = statistics.as_normalization()
    assert "nan" not in line and "2885.5703" in line, "B8A keeps what the sensor has"


def test_remarks_count_the_pixels_of_the_band_itself(tmp_path):
    values = np.full((2, 16, 16), 5, np.int16)
    values[0, :8] = 30000
    values[1, 1:] = -1
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, nodata=-1, names=["red", "nir"])
    spec = evolve(OPTICAL, value_range=(0.0, 10000.0))
    for edges, advice in [
        ("pad", "--edges shift and --min-valid leave fewer"),
        ("shift", ": --min-valid leaves fewer"),
    ]:
        report = tile_rasters([request(spec, path)], tmp_path / edges, TileSettings(tile_size=16, edges=edges))
        outside = next(remark for remark in report.remarks if "lie outside" in remark)
        assert "50.00% of the pixels of red" in outside and "--nodata" in outside
        assert any(advice in remark for remark in report.remarks)


def test_alike_problems_are_told_once_and_bands_can_be_said(tmp_path):
    paths = [two_bands(tmp_path / f"{number}.tif", bands=3) for number in range(4)]
    with pytest.raises(DataError, match=r"3 bands without names") as caught:
        tile_rasters([request(OPTICAL, path) for path in paths], tmp_path / "out", SMALL)
    assert str(caught.value).count("without names") == 1 and "so it is with" in str(caught.value)
    report = tile_rasters([request(OPTICAL, paths[0], bands=("nir", "-", "red"))], tmp_path / "out", SMALL)
    assert pixel(report.folder, "optical") == [3, 1]
    asked = tile_rasters(
        [request(RADAR, Path(f"{two_bands(tmp_path / 'r.tif', names=['VV', 'x'])}:2"), band="VV")],
        tmp_path / "r",
        SMALL,
    )
    assert pixel(asked.folder, "radar") == [2]


def test_a_band_given_by_hand_that_is_called_like_another_is_said(tmp_path):
    path = two_bands(tmp_path / "a.tif", names=["nir", "red"])
    requests = [request(OPTICAL, Path(f"{path}:{n}"), band=band) for n, band in [(1, "red"), (2, "nir")]]
    report = tile_rasters(requests, tmp_path / "out", SMALL)
    assert pixel(report.folder, "optical") == [1, 2]
    assert any("taken as red as asked, though it is called 'nir'" in remark for remark in report.remarks)
    swapped = [
        request(OPTICAL, two_bands(tmp_path / f"{name}.tif", bands=1), band=other)
        for name, other in [("red", "nir"), ("nir", "red")]
    ]
    report = tile_rasters(swapped, tmp_path / "swapped", SMALL)
    assert sum("though it is called" in remark for remark in report.remarks) == 2


def test_names_that_differ_in_dates_and_identifiers_are_told_once(tmp_path):
    days = [DAY.replace(day=number) for number in (1, 2)]
    requests = [
        request(
            OPTICAL,
            two_bands(tmp_path / f"{day}.tif", names=[f"{day:%Y%m%d}T1_T31UFS_{b}" for b in ("red", "nir")]),
            day,
        )
        for day in days
    ]
    (told,) = [note for note in tile_rasters(requests, tmp_path / "out", SMALL).remarks if "by names" in note]
    assert told.endswith("2020-03-01.tif and 1 other file")


def test_a_series_of_many_files_is_opened_once_each(tmp_path, monkeypatch):
    values = np.ones((1, 48, 48), np.uint8)
    paths = [write_raster(tmp_path / f"{n}.tif", values, "EPSG:32633", 5e5, 5e6, 10.0) for n in range(41)]
    opened, real = [], rasterio.open
    monkeypatch.setattr(quiet.rasterio, "open", lambda name: (opened.append(name), real(name))[1])
    requests = [request(RADAR, path, DAY + dt.timedelta(days=n)) for n, path in enumerate(paths)]
    assert tile_rasters(requests, tmp_path / "out", SMALL).samples == 9
    assert len(opened) == 41


def test_files_of_one_band_each_may_tell_it_by_their_own_names(tmp_path):
    for number, band in enumerate(("red", "nir")):
        two_bands(tmp_path / f"scene_20200305_{band}.tif", number, bands=1)
    spec = evolve(OPTICAL, naming=BandNaming(around=("scene",)))
    requests = [request(spec, tmp_path / f"scene_20200305_{band}.tif") for band in ("nir", "red")]
    report = tile_rasters(requests, tmp_path / "out", SMALL)
    assert pixel(report.folder, "optical") == [0, 1]
    said = f"bands by the names of their files, in {tmp_path}/scene_20200305_nir.tif and 1 other file"
    assert any(said in remark for remark in report.remarks)


def test_a_virtual_raster_of_single_bands_has_the_names_of_its_files(tmp_path):
    for number, (band, name) in enumerate((("red", ""), ("N", "nir"))):
        two_bands(tmp_path / f"{band}.tif", number, bands=1, names=[name])
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{n}"><SimpleSource><SourceFilename relativeToVRT="1">{name}.tif'
        "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>"
        for n, name in [(1, "N"), (2, "red")]
    )
    place = "<SRS>EPSG:32633</SRS><GeoTransform>500000,10,0,5000000,0,-10</GeoTransform>"
    path = tmp_path / "all.vrt"
    path.write_text(f'<VRTDataset rasterXSize="16" rasterYSize="16">{place}{bands}</VRTDataset>')
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", SMALL)
    assert pixel(report.folder, "optical") == [0, 1]


def test_one_band_of_a_file_is_taken_by_the_name_that_the_file_gives_it(tmp_path):
    path = two_bands(tmp_path / "a.tif", bands=3, names=["NIR", "Red", "SCL"])
    requests = [request(OPTICAL, path, band="red"), request(OPTICAL, Path(f"{path}:1"))]
    assert pixel(tile_rasters(requests, tmp_path / "out", SMALL).folder, "optical") == [2, 1]
