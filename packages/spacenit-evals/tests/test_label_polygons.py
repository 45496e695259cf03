"""Labels that are polygons or points: GeoJSON and GeoPackage, in any reference system."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio.warp
import shapely

from spacenit_core.errors import DataError, UserError
from spacenit_evals.labels import LabelledPoints, read_labels

from .conftest import CRS, LEFT, TILE, TOP, write_raster


def square(row: float, column: float, side: float) -> shapely.Polygon:
    """A square of so many cells, its upper left corner at a place in cells of the set."""
    west, north = LEFT + 10 * column, TOP - 10 * row
    return shapely.box(west, north - 10 * side, west + 10 * side, north)


FIELDS = [square(2.2, 3.3, 7), square(30, 28, 9), square(50.3, 60.7, 6), square(90, 90, 20)]
CROPS = ["maize", "wheat", "maize", "wheat"]


def geopackage(path: Path, layer: str = "fields", shapes: Any = FIELDS, **columns: Any) -> Path:
    data = [np.array(values) for values in (columns or {"crop": np.array(CROPS, dtype=object)}).values()]
    pyogrio.raw.write(
        path,
        np.array(shapely.to_wkb(shapes), dtype=object),
        data,
        list(columns or {"crop": 0}),
        layer=layer,
        crs=CRS,
        geometry_type="Unknown",
        append=path.exists(),
    )
    return path


def geojson(path: Path, shapes: Any = FIELDS, **columns: Any) -> Path:
    """Degrees, as GeoJSON has them."""

    def degrees(xy: np.ndarray) -> np.ndarray:
        return np.array(rasterio.warp.transform(CRS, "EPSG:4326", xy[:, 0].tolist(), xy[:, 1].tolist())).T

    rows = zip(*columns.values(), strict=True) if columns else zip(CROPS)
    features = [
        {
            "type": "Feature",
            "geometry": shapely.transform(shape, degrees).__geo_interface__,
            "properties": dict(zip(columns or ["crop"], row, strict=True)),
        }
        for shape, row in zip(shapes, rows, strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def cells(points: LabelledPoints) -> dict[tuple[int, int], int]:
    """Row and column in the whole set -> code."""
    row, column = points.sample // 3 * TILE + points.row, points.sample % 3 * TILE + points.column
    codes = np.array(points.codes)[points.label]
    return dict(zip(zip(row.tolist(), column.tolist(), strict=True), codes.tolist(), strict=True))


def expected(codes: list[int]) -> dict[tuple[int, int], int]:
    """Cells whose middles lie in the fields."""
    out = {}
    for shape, code in zip(FIELDS, codes, strict=True):
        for row in range(96):
            for column in range(96):
                if shape.contains(shapely.Point(LEFT + 10 * column + 5, TOP - 10 * row - 5)):
                    out[row, column] = code
    return out


def test_cells_whose_middles_lie_in_polygons_are_labelled(tmp_path: Path, h5py_dir: Path) -> None:
    for path in (geopackage(tmp_path / "fields.gpkg"), geojson(tmp_path / "fields.geojson")):
        points = read_labels([path], h5py_dir, TILE)
        assert cells(points) == expected([1, 2, 1, 2])
        assert points.names == {1: "maize", 2: "wheat"} and points.codes == (1, 2)


def test_the_attribute_is_chosen_and_may_hold_codes(tmp_path: Path, h5py_dir: Path) -> None:
    path = geojson(tmp_path / "two.json", crop=CROPS, code=[0, 5, 0, 7])
    points = read_labels([path], h5py_dir, TILE, attribute="code")
    assert points.codes == (0, 5, 7) and points.names == {}
    assert read_labels([path], h5py_dir, TILE, attribute="code", ignore=[7]).codes == (0, 5)
    assert read_labels([path], h5py_dir, TILE, attribute="crop", ignore=["maize"]).names == {2: "wheat"}
    for attribute, text in ((None, "has 2 attributes: crop, code"), ("corp", "did you mean crop")):
        with pytest.raises(UserError, match=text):
            read_labels([path], h5py_dir, TILE, attribute=attribute)


def test_layers_are_chosen(tmp_path: Path, h5py_dir: Path) -> None:
    path = geopackage(geopackage(tmp_path / "two.gpkg", "west"), "east", FIELDS[:2], code=[3, 4])
    with pytest.raises(UserError, match=r"2 layers with shapes: west, east(.|\n)*two\.gpkg:west"):
        read_labels([path], h5py_dir, TILE)
    assert read_labels([Path(f"{path}:east")], h5py_dir, TILE).codes == (3, 4)


def test_ground_that_two_classes_share_is_no_label(tmp_path: Path, h5py_dir: Path) -> None:
    path = geojson(tmp_path / "shared.geojson", [square(10, 10, 6), square(13, 10, 6)], code=[1, 2])
    points = read_labels([path], h5py_dir, TILE)
    assert points.remarks[0].startswith("cells labelled as several classes: 18, of which 18,")
    found = cells(points)
    assert sorted(found) == [(row, column) for row in (10, 11, 12, 16, 17, 18) for column in range(10, 16)]


def test_points_label_the_cell_that_they_lie_in(tmp_path: Path, h5py_dir: Path) -> None:
    shapes = [shapely.Point(LEFT + 10 * column + 7, TOP - 10 * row - 2) for row, column in ((4, 5), (40, 70), (200, 3))]
    path = geojson(tmp_path / "points.geojson", shapes, crop=["maize", "wheat", "rye"])
    points = read_labels([path], h5py_dir, TILE)
    assert cells(points) == {(4, 5): 1, (40, 70): 2} and points.names == {1: "maize", 2: "wheat"}


def test_words_of_several_files_are_numbered_together(tmp_path: Path, h5py_dir: Path) -> None:
    first = geojson(tmp_path / "a.geojson", FIELDS[:1], crop=["wheat"])
    second = geojson(tmp_path / "b.geojson", FIELDS[1:2], crop=["barley"])
    points = read_labels([first, second], h5py_dir, TILE)
    assert points.names == {1: "barley", 2: "wheat"}
    assert cells(points)[5, 5] == 2 and cells(points)[35, 35] == 1
    raster = write_raster(tmp_path / "codes.tif", np.ones((9, 9), np.uint8))
    with pytest.raises(UserError, match="codes, and other labels hold words"):
        read_labels([first, raster], h5py_dir, TILE)


def test_overlapping_samples_label_ground_once(tmp_path: Path) -> None:
    lines = ["sample_index,crs,left,top,gsd", f"0,{CRS},{LEFT},{TOP},10", f"1,{CRS},{LEFT + 160},{TOP},10"]
    (tmp_path / "sample_locations.csv").write_text("\n".join(lines) + "\n")
    points = read_labels([geojson(tmp_path / "a.geojson", [square(4, 10, 20)], code=[1])], tmp_path, 32)
    assert len(points) == 400
    columns = points.column + 16 * points.sample
    assert len(set(zip(points.row.tolist(), columns.tolist(), strict=True))) == 400
    middle = points.row == 16
    assert columns[middle & (points.sample == 0)].max() == 23 and columns[middle & (points.sample == 1)].min() == 24


def test_what_cannot_be_used_is_explained(tmp_path: Path, h5py_dir: Path) -> None:
    far = [shapely.transform(shape, lambda xy: xy + 50_000) for shape in FIELDS]
    broken = tmp_path / "broken.geojson"
    broken.write_text('{"type": "FeatureCollection", "features": [')
    line = shapely.LineString([(LEFT, TOP), (LEFT + 100, TOP - 100)])
    cases: list[tuple[Path, type[Exception], str]] = [
        (tmp_path / "absent.gpkg", UserError, "there is no file"),
        (geojson(tmp_path / "far.geojson", far), UserError, "no labelled pixel lies in a sample"),
        (broken, DataError, "cannot be read"),
        (geojson(tmp_path / "line.geojson", [line], crop=["road"]), UserError, "Linestring"),
        (geojson(tmp_path / "half.geojson", FIELDS[:1], code=[0.5]), UserError, "fractions"),
    ]
    for path, kind, text in cases:
        with pytest.raises(kind, match=text):
            read_labels([path], h5py_dir, TILE)


@pytest.mark.parametrize("turn", [0, -360])
def test_longitudes_of_polygons_may_be_written_either_way(turn: int, tmp_path: Path) -> None:
    x, y = rasterio.warp.transform("EPSG:4326", "EPSG:32760", [180.0], [-17.0])
    (tmp_path / "sample_locations.csv").write_text(
        f"sample_index,crs,left,top,gsd\n0,EPSG:32760,{x[0] - 160},{y[0] + 160},10\n"
    )
    field = shapely.box(179.9995 + turn, -17.0005, 180.0005 + turn, -16.9995)
    feature = {"type": "Feature", "geometry": field.__geo_interface__, "properties": {"code": 4}}
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    points = read_labels([tmp_path / "a.geojson"], tmp_path, 32)
    assert 100 <= len(points) <= 130 and abs(points.column.mean() - 15.5) < 0.6


def test_polygons_that_cross_themselves_are_drawn(tmp_path: Path, h5py_dir: Path) -> None:
    corners = [(LEFT + 105 + 10 * x, TOP - 105 - 10 * y) for x, y in ((0, 0), (50, 40), (50, 0), (0, 40), (0, 0))]
    points = read_labels([geojson(tmp_path / "bow.geojson", [shapely.Polygon(corners)], code=[3])], h5py_dir, TILE)
    assert len(points) == pytest.approx(1000, abs=60)
    assert {*np.unique(points.sample)} == {0, 1, 3, 4}


def test_ignored_words_are_words_and_no_numbers_of_ours(tmp_path: Path, h5py_dir: Path) -> None:
    path = geojson(tmp_path / "mixed.geojson", crop=["7", "wheat", " ", "wheat "])
    points = read_labels([path], h5py_dir, TILE)
    assert points.names == {1: "7", 2: "wheat"} and cells(points) == {
        place: code for place, code in expected([1, 2, 0, 2]).items() if code
    }
    assert read_labels([path], h5py_dir, TILE, ignore=[7]).names == {2: "wheat"}
    with pytest.raises(UserError, match="to ignore 1: no class"):
        read_labels([path], h5py_dir, TILE, ignore=[1])


def test_what_has_no_area_is_no_ground_and_points_on_borders_count(tmp_path: Path, h5py_dir: Path) -> None:
    spike = [(10, 10), (14, 10), (14, 14), (30, 14), (14, 14), (10, 14), (10, 10)]
    shapes = [shapely.Polygon([(LEFT + 10 * x, TOP - 10 * y) for x, y in spike])]
    assert len(read_labels([geopackage(tmp_path / "spike.gpkg", shapes=shapes, code=[1])], h5py_dir, TILE)) == 16
    corners = [shapely.Point(LEFT + 320 * number, TOP - 320 * number) for number in (1, 2)]
    assert len(read_labels([geopackage(tmp_path / "points.gpkg", shapes=corners, code=[1, 2])], h5py_dir, TILE)) == 2


def test_lists_are_no_classes(tmp_path: Path, h5py_dir: Path) -> None:
    path = geojson(tmp_path / "lists.geojson", FIELDS[:2], code=[[1, 2], [3]])
    with pytest.raises(UserError, match="the attribute code holds lists"):
        read_labels([path], h5py_dir, TILE)
