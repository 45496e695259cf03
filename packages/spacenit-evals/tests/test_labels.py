"""Labelled pixels of rasters, found in samples."""

from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  (registers the codec)
import numpy as np
import pytest
import rasterio
import rasterio.warp

from spacenit_core.errors import DataError, UserError
from spacenit_evals.labels import read_labels

from .conftest import CRS, LEFT, SIDE, TILE, TOP, class_map, write_raster


def test_points_have_the_sample_and_cell_that_they_lie_in(h5py_dir: Path, labels: Path) -> None:
    points = read_labels([labels], h5py_dir, TILE)
    with rasterio.open(labels) as file:
        codes = file.read(1)
    assert len(points) == (codes > 0).sum()
    assert points.codes == (1, 2, 3)
    row = points.sample // SIDE * TILE + points.row
    column = points.sample % SIDE * TILE + points.column
    np.testing.assert_array_equal(codes[row, column], np.array(points.codes)[points.label])
    np.testing.assert_allclose(points.x, LEFT + 10 * (column + 0.5))
    np.testing.assert_allclose(points.y, TOP - 10 * (row + 0.5))


def test_labels_agree_with_the_images(h5py_dir: Path, labels: Path) -> None:
    points = read_labels([labels], h5py_dir, TILE)
    for sample, row, column, label in zip(points.sample, points.row, points.column, points.label, strict=True):
        if sample % 2:
            continue
        with h5py.File(h5py_dir / f"sample_{sample}.h5") as file:
            year = file["sentinel2_l2a"][row, column].mean(axis=-1)
        assert abs(int(year.argmax()) - 3 * (label + 1)) <= 1


def test_labels_of_another_reference_system_find_the_same_cells(tmp_path: Path, h5py_dir: Path) -> None:
    codes = class_map()
    middle = LEFT + 10 * (np.array([40, 70]) + 0.5), TOP - 10 * (np.array([17, 50]) + 0.5)
    longitude, latitude = rasterio.warp.transform(CRS, "EPSG:4326", *middle)
    path = tmp_path / "degrees.tif"
    step = 1e-5
    data = np.zeros((2, 1), dtype=np.int16)
    found = []
    for x, y, row, column in zip(longitude, latitude, (17, 50), (40, 70), strict=True):
        grid = rasterio.Affine(step, 0, x - step / 2, 0, -step, y + step / 2)
        data[0, 0] = codes[row, column]
        profile = {"driver": "GTiff", "width": 1, "height": 1, "count": 1, "dtype": "int16", "nodata": -1}
        with rasterio.open(path, "w", **profile, crs="EPSG:4326", transform=grid) as file:
            file.write(data[:1], 1)
        points = read_labels([path], h5py_dir, TILE)
        found.append(
            (points.sample[0] // SIDE * TILE + points.row[0], points.sample[0] % SIDE * TILE + points.column[0])
        )
    assert found == [(17, 40), (50, 70)]


def test_several_rasters_and_pixels_outside(tmp_path: Path, h5py_dir: Path) -> None:
    codes = np.zeros((SIDE * TILE + 20, SIDE * TILE), dtype=np.float32)
    codes[5, 5], codes[-1, 3] = 7, 9
    first = write_raster(tmp_path / "a.tif", codes, nodata=-1)
    points = read_labels([first, first], h5py_dir, TILE)
    assert len(points) == 2 and points.codes == (7,)


def test_nodata_is_no_label(tmp_path: Path, h5py_dir: Path) -> None:
    codes = np.full((8, 8), -99999.0, dtype=np.float32)
    codes[2, 3] = 4
    points = read_labels([write_raster(tmp_path / "a.tif", codes, nodata=-99999)], h5py_dir, TILE)
    assert (points.row.tolist(), points.column.tolist(), points.codes) == ([2], [3], (4,))


def test_overlapping_samples_give_a_point_to_the_one_it_is_deepest_in(tmp_path: Path) -> None:
    lines = ["sample_index,crs,left,top,gsd", f"0,{CRS},{LEFT},{TOP},10", f"1,{CRS},{LEFT + 160},{TOP},10"]
    (tmp_path / "sample_locations.csv").write_text("\n".join(lines) + "\n")
    codes = np.zeros((32, 48), dtype=np.uint8)
    codes[16, 17], codes[16, 30] = 1, 2
    points = read_labels([write_raster(tmp_path / "a.tif", codes)], tmp_path, 32)
    assert dict(zip(points.label.tolist(), points.sample.tolist(), strict=True)) == {0: 0, 1: 1}
    assert points.column.tolist() == [17, 14]


def test_what_cannot_be_used_is_explained(tmp_path: Path, h5py_dir: Path, labels: Path) -> None:
    far = np.zeros((200, 4), dtype=np.uint8)
    far[-1, 0] = 1
    empty = write_raster(tmp_path / "empty.tif", np.zeros((4, 4), dtype=np.uint8))
    halves = write_raster(tmp_path / "halves.tif", np.full((4, 4), 0.5, dtype=np.float32))
    broken = tmp_path / "broken.tif"
    broken.write_bytes(labels.read_bytes()[:200])
    cases: list[tuple[Path, Path, type[Exception], str]] = [
        (tmp_path / "absent.tif", h5py_dir, UserError, "there is no file"),
        (empty, h5py_dir, UserError, "no labelled pixel"),
        (halves, h5py_dir, UserError, "fractions"),
        (write_raster(tmp_path / "far.tif", far), h5py_dir, UserError, "none of the 1 labelled"),
        (broken, h5py_dir, DataError, "broken.tif cannot be read"),
        (labels, tmp_path, DataError, "sample_locations.csv"),
    ]
    for path, folder, kind, text in cases:
        with pytest.raises(kind, match=text):
            read_labels([path], folder, TILE)
