"""Names of rasters: paths and GDAL's own, and the file that each reads from."""

from pathlib import Path

import pytest

from spacenit_data.rasters import source


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "date=2024-01-01").mkdir()
    for name in ("a.tif", "a:b.tif", "netcdf:odd", "x.nc", "x.zip", "date=2024-01-01/x.tif"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "is_gdal", "file", "number"),
    [
        ("a.tif", False, "a.tif", None),
        ("a.tif:3", False, None, 3),
        ("a:b.tif", False, "a:b.tif", None),
        ("a:b.tif:2", False, None, 2),
        ("netcdf:odd", False, "netcdf:odd", None),
        ("absent.tif", False, None, None),
        ("date=2024-01-01/x.tif:2", False, None, 2),
        ("netcdf:x.nc:B2", True, "x.nc", None),
        ('NETCDF:"{here}/x.nc":B2', True, "{here}/x.nc", None),
        ("netcdf:x.nc:B2:4", True, "x.nc", 4),
        ("netcdf:absent.nc:B2", True, None, None),
        ("/vsizip/x.zip/deep/in.tif", True, "x.zip", None),
        ("/vsizip/{here}/x.zip/in.tif", True, "{here}/x.zip", None),
        ("/vsizip/{{{here}/x.zip}}/in.tif", True, "{here}/x.zip", None),
        ("zip://x.zip!in.tif", True, "x.zip", None),
        ("GTIFF_DIR:2:a.tif", True, "a.tif", None),
        ("vrt://a.tif?bands=3,2,1", True, "a.tif", None),
        ("/vsicurl/https://there.example/a.tif", True, None, None),
        ("s3://bucket/a.tif", True, None, None),
    ],
)
def test_a_name_leads_to_its_file(folder, name, is_gdal, file, number):
    name = name.format(here=folder)
    assert source.is_gdal_name(name) is is_gdal
    assert source.file_of(name) == (None if file is None else Path(file.format(here=folder)))
    assert source.split_band_number(name)[1] == number


def test_names_in_a_manifest_start_at_its_folder(folder, monkeypatch):
    monkeypatch.chdir("/")
    assert source.below(folder, "a.tif") == str(folder / "a.tif")
    assert source.below(folder, "absent.tif") == str(folder / "absent.tif")
    assert source.below(folder, "netcdf:x.nc:B2") == f"netcdf:{folder}/x.nc:B2"
    assert source.below(folder, "/vsizip/x.zip/in.tif") == f"/vsizip/{folder}/x.zip/in.tif"
    assert source.below(folder, f"netcdf:{folder}/x.nc:B2") == f"netcdf:{folder}/x.nc:B2"


def test_only_addresses_may_exist_unseen(folder):
    assert source.exists("a.tif") and source.exists("netcdf:x.nc:B2") and source.exists("/vsis3/bucket/a.tif")
    assert source.exists("WMS:https://there.example/?layers=a") and source.exists(
        "zip+https://there.example/a.zip!b.tif"
    )
    assert not source.exists("b.tif") and not source.exists("netcdf:y.nc:B2")
    assert not source.exists("/vsizip/y.zip/in.tif") and source.exists("https://there.example/a.tif")
