"""Names of class codes: in the file, in files beside it, and over several files."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio

from spacenit_core.errors import DataError
from spacenit_evals.labels import read_labels
from spacenit_evals.labels.names import class_names

from .conftest import TILE, class_map, write_raster

WATER = {1: "water", 2: "crop land", 3: "forest"}

_CATEGORIES = "<Category/><Category>water</Category><Category>crop land</Category><Category>forest</Category>"
_CELLS = "".join(f"<Row><F>{code}</F><F>{name}</F></Row>" for code, name in WATER.items())
_FIELDS = (
    "<FieldDefn><Name>VALUE</Name><Type>0</Type><Usage>{}</Usage></FieldDefn>"
    "<FieldDefn><Name>Landcover</Name><Type>2</Type><Usage>{}</Usage></FieldDefn>"
)


def _pam(inside: str, band: int = 1) -> str:
    return f'<PAMDataset><PAMRasterBand band="{band}">{inside}</PAMRasterBand></PAMDataset>'


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".tif.aux.xml", _pam(f"<CategoryNames>{_CATEGORIES}</CategoryNames>")),
        (".tif.aux.xml", _pam(f"<GDALRasterAttributeTable>{_FIELDS.format(5, 2)}{_CELLS}</GDALRasterAttributeTable>")),
        (
            ".tif.aux.xml",
            _pam(
                "<GDALRasterAttributeTable>"
                + _FIELDS.format(0, 0).replace("Landcover", "Class_Name")
                + f"{_CELLS}</GDALRasterAttributeTable>"
            ),
        ),
        (
            ".qml",
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis><pipe><rasterrenderer><colorPalette>"
            + "".join(f'<paletteEntry value="{code}" label="{name}" color="#ff0000"/>' for code, name in WATER.items())
            + "</colorPalette></rasterrenderer></pipe></qgis>",
        ),
        (".clr", "1 0 0 255 water\n2 255 255 0 255 crop land\n3 0 128 0 255 forest\n"),
    ],
    ids=["categories", "attribute table", "attribute table without usages", "qgis style", "grass colours"],
)
def test_files_beside_a_raster_name_its_codes(suffix: str, text: str, tmp_path: Path, h5py_dir: Path) -> None:
    path = write_raster(tmp_path / "map.tif", class_map())
    path.with_name("map" + suffix).write_text(text)
    assert read_labels([path], h5py_dir, TILE).names == WATER


@pytest.mark.parametrize(
    "tags",
    [
        {"legend": "1 water\n2 crop land\n3 forest"},
        {"CLASS_NAMES": json.dumps(WATER)},
        {"classes": json.dumps([{"value": c, "name": n} for c, n in WATER.items()])},
        {"categories": "1: water | 2: crop land | 3: forest"},
    ],
)
def test_tags_of_a_raster_name_its_codes(tags: dict[str, str], tmp_path: Path) -> None:
    path = write_raster(tmp_path / "map.tif", class_map())
    with rasterio.open(path, "r+") as file:
        file.update_tags(**tags)
    with rasterio.open(path) as file:
        assert class_names(file, 1) == WATER


def test_the_lists_of_the_cf_conventions_name_codes(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "map.tif", np.ones((4, 4), np.uint8))
    with rasterio.open(path, "r+") as file:
        file.update_tags(1, flag_values="{1,2}", flag_meanings="tree_cover open_water")
    with rasterio.open(path) as file:
        assert class_names(file, 1) == {1: "tree_cover", 2: "open_water"}


def test_colours_stand_in_for_names(tmp_path: Path, h5py_dir: Path) -> None:
    path = write_raster(tmp_path / "map.tif", class_map())
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {0: (0, 0, 0), 1: (0, 0, 255), 2: (255, 255, 0), 3: (0, 128, 0)})
    assert read_labels([path], h5py_dir, TILE).names == {1: "#0000ff", 2: "#ffff00", 3: "#008000"}
    path.with_suffix(".clr").write_text("1 0 0 255 water\n")
    points = read_labels([path], h5py_dir, TILE)
    assert points.names == {1: "water", 2: "#ffff00", 3: "#008000"}
    named = write_raster(tmp_path / "named.tif", class_map())
    named.with_suffix(".clr").write_text("1 0 0 255 Water\n2 0 0 255 crop\n")
    assert read_labels([path, named], h5py_dir, TILE).names == {1: "water", 2: "crop", 3: "#008000"}


def test_names_can_be_ignored_and_must_agree(tmp_path: Path, h5py_dir: Path) -> None:
    first = write_raster(tmp_path / "a.tif", class_map())
    first.with_suffix(".clr").write_text("1 0 0 255 water\n2 1 1 1 crop\n")
    assert read_labels([first], h5py_dir, TILE, ignore=["water"]).codes == (2, 3)
    second = write_raster(tmp_path / "b.tif", class_map())
    second.with_suffix(".clr").write_text("1 0 0 255 forest\n")
    with pytest.raises(DataError, match="calls the code 1 'forest', and other labels call it 'water'"):
        read_labels([first, second], h5py_dir, TILE)


def test_what_is_no_list_of_names_is_left_alone(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "map.tif", np.ones((4, 4), np.uint8))
    path.with_name("map.tif.aux.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><PAMDataset>&b;</PAMDataset>')
    path.with_suffix(".qml").write_text("<qgis><unclosed>")
    with rasterio.open(path, "r+") as file:
        file.update_tags(classes="seven of them", legend="see page 4")
    with rasterio.open(path) as file:
        assert class_names(file, 1) == {}
