"""Labelled pixels of rasters, found in samples."""

import zipfile
from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  (registers the codec)
import numpy as np
import pytest
import rasterio
import rasterio.warp

from spacenit_core.errors import DataError, UserError
from spacenit_core.rng import generator
from spacenit_data.tile.grid import at
from spacenit_evals.labels import read_labels
from spacenit_evals.labels.cells import Gathered
from spacenit_evals.labels.rasters import RasterLabels

from .conftest import CRS, LEFT, SIDE, TILE, TOP, class_map, write_raster

LOCAL = 'LOCAL_CS["site",UNIT["metre",1,AUTHORITY["EPSG","9001"]]]'


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
    assert len(points) == 1 and points.codes == (7,)


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
        (write_raster(tmp_path / "far.tif", far), h5py_dir, UserError, "no labelled pixel lies in a sample"),
        (broken, h5py_dir, DataError, "broken.tif cannot be read"),
        (labels, tmp_path, DataError, "sample_locations.csv"),
    ]
    several = tmp_path / "several.tif"
    with rasterio.open(labels) as file, rasterio.open(several, "w", **{**file.profile, "count": 3}) as out:
        out.write(np.repeat(file.read(), 3, axis=0))
    cases += [
        (several, h5py_dir, UserError, r"has 3 bands \(red, green, blue\)(.|\n)*several\.tif:1"),
        (Path(f"{several}:4"), h5py_dir, UserError, "has no band 4"),
        (write_raster(tmp_path / "local.tif", np.ones((9, 9), np.uint8), crs=LOCAL), h5py_dir, DataError, "local"),
        (write_raster(tmp_path / "nowhere.tif", np.ones((9, 9), np.uint8), crs=""), h5py_dir, DataError, "no coord"),
    ]
    for path, folder, kind, text in cases:
        with pytest.raises(kind, match=text):
            read_labels([path], folder, TILE)


def test_a_band_is_chosen_by_its_number(tmp_path: Path, h5py_dir: Path, labels: Path) -> None:
    path = tmp_path / "two.tif"
    with rasterio.open(labels) as file, rasterio.open(path, "w", **{**file.profile, "count": 2}) as out:
        out.write(file.read(1) + 10, 2)
    points = read_labels([Path(f"{path}:2")], h5py_dir, TILE)
    assert points.codes == (10, 11, 12, 13)


def test_an_alpha_band_is_no_band_of_codes(tmp_path: Path, h5py_dir: Path) -> None:
    path = tmp_path / "alpha.tif"
    seen = np.zeros((SIDE * TILE, SIDE * TILE), np.uint8)
    seen[:10] = 255
    profile = {"driver": "GTiff", "width": SIDE * TILE, "height": SIDE * TILE, "count": 2, "dtype": "uint8"}
    with rasterio.open(path, "w", **profile, crs=CRS, transform=rasterio.Affine(10, 0, LEFT, 0, -10, TOP)) as file:
        file.colorinterp = [rasterio.enums.ColorInterp.gray, rasterio.enums.ColorInterp.alpha]
        file.write(np.stack([class_map(), seen]))
    points = read_labels([path], h5py_dir, TILE)
    assert len(points) == 10 * SIDE * TILE and points.codes == (1, 2)


def test_what_means_no_label_can_be_said(tmp_path: Path, h5py_dir: Path) -> None:
    mask = write_raster(tmp_path / "mask.tif", class_map() % 2, nodata=None)
    everything = (SIDE * TILE) ** 2
    assert read_labels([mask], h5py_dir, TILE).codes == (1,)
    points = read_labels([mask], h5py_dir, TILE, ignore=())
    assert points.codes == (0, 1) and len(points) == everything
    classes = write_raster(tmp_path / "classes.tif", class_map(), nodata=None)
    points = read_labels([classes], h5py_dir, TILE, ignore=[2, 7])
    assert points.codes == (1, 3)
    with pytest.raises(UserError, match=r"only 0, which means .no label.(.|\n)*to ignore none"):
        read_labels([write_raster(tmp_path / "zeros.tif", class_map() * 0, nodata=None)], h5py_dir, TILE)
    # What the file itself calls nodata is no class, whatever is asked for.
    assert read_labels([write_raster(tmp_path / "n.tif", class_map(), nodata=3)], h5py_dir, TILE, ignore=()).codes == (
        1,
        2,
    )


@pytest.mark.parametrize("shape", [(15, 0, 0, -15), (15, 0, 0, 15), (12, 9, 9, -12)], ids=["", "south up", "turned"])
def test_labels_of_other_grids_give_what_looking_each_pixel_up_gives(
    shape: tuple[int, int, int, int], tmp_path: Path, h5py_dir: Path
) -> None:
    """Blocks, boxes and reprojection leave out no pixel and invent none: 15 m pixels of the neighbouring zone."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (700, 560)).astype(np.uint8)
    x, y = rasterio.warp.transform(CRS, "EPSG:32632", [LEFT + 480], [TOP - 480])
    a, b, d, e = shape
    # The middle of the raster is the middle of the set.
    grid = rasterio.Affine(a, b, x[0] - 280 * a - 350 * b, d, e, y[0] - 280 * d - 350 * e)
    path = tmp_path / "other.tif"
    profile = {"driver": "GTiff", "width": 560, "height": 700, "count": 1, "dtype": "uint8", "crs": "EPSG:32632"}
    with rasterio.open(path, "w", **profile, transform=grid) as file:
        file.write(codes, 1)
    points = read_labels([path], h5py_dir, TILE)
    rows, columns = np.nonzero(codes)
    x, y = at(grid, columns + 0.5, rows + 0.5)
    east, north = rasterio.warp.transform("EPSG:32632", CRS, x.tolist(), y.tolist())
    row, column = np.floor((TOP - np.array(north)) / 10), np.floor((np.array(east) - LEFT) / 10)
    inside = (row >= 0) & (column >= 0) & (row < SIDE * TILE) & (column < SIDE * TILE)
    expected = np.stack([row, column, codes[rows, columns]])[:, inside]
    found = np.stack(
        [
            points.sample // SIDE * TILE + points.row,
            points.sample % SIDE * TILE + points.column,
            np.array(points.codes)[points.label],
        ]
    )
    assert len(points) > 1000
    np.testing.assert_array_equal(found[:, np.lexsort(found)], expected[:, np.lexsort(expected)])


def test_only_blocks_with_samples_are_read(tmp_path: Path, h5py_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A raster far larger than the set: what is read is what the samples cover."""
    path = write_raster(tmp_path / "large.tif", np.ones((4000, 3000), np.uint8), nodata=None)
    read = []
    codes = RasterLabels._codes

    def counted(self: RasterLabels, file: object, band: int, window: rasterio.windows.Window) -> object:
        read.append(window.width * window.height)
        return codes(self, file, band, window)

    monkeypatch.setattr(RasterLabels, "_codes", counted)
    assert len(read_labels([path], h5py_dir, TILE)) == (SIDE * TILE) ** 2
    assert sum(read) <= (SIDE * TILE + 1) ** 2


def test_more_labels_than_are_wanted_are_thinned_alike_everywhere(h5py_dir: Path, labels: Path, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "all.tif", class_map())
    whole, thin, again = (read_labels([path], h5py_dir, TILE, most=most) for most in (None, 900, 900))
    assert len(whole) == whole.found == thin.found == (SIDE * TILE) ** 2 and len(thin) == 900
    np.testing.assert_array_equal(thin.row, again.row)
    by_sample, by_class = np.bincount(thin.sample), np.bincount(thin.label)
    assert by_sample.min() > 70 and by_class.min() > 240
    assert len(read_labels([path, labels], h5py_dir, TILE, most=50)) == 50


def test_cells_that_come_in_parts_are_thinned_to_the_lowest_draws() -> None:
    gathered, twice = Gathered(8, most=20), Gathered(8, most=20)
    for part in range(12):
        numbers = np.arange(10, dtype=np.int32) + 10 * part
        place = numbers // 8, numbers % 8, numbers % 5
        gathered.add(numbers.astype(np.int64), *place)
        for code in (3, 4):
            twice.add(np.full(10, code), *place)
    kept = gathered.cells
    draws = [generator(0, "labelled cells", sample).random((8, 8)) for sample in range(15)]
    every = np.array([draws[number // 8][number % 8, number % 5] for number in range(120)])
    assert gathered.found == 120 and len(kept) == 20
    np.testing.assert_array_equal(kept.code, np.sort(np.argsort(every)[:20]))
    # A cell stays with all of its labels, or with none.
    assert sorted(twice.cells.draw) == sorted([*kept.draw, *kept.draw]) and twice.codes == {3, 4}


def test_a_cell_has_one_label_however_many_lie_in_it(tmp_path: Path, h5py_dir: Path) -> None:
    codes = class_map()
    fine = np.kron(codes, np.ones((2, 2), np.uint8))
    fine[::2, ::2], fine[1, 1] = 9, 9
    profile = {"driver": "GTiff", "width": 6 * TILE, "height": 6 * TILE, "count": 1, "dtype": "uint8", "crs": CRS}
    with rasterio.open(
        tmp_path / "fine.tif", "w", **profile, transform=rasterio.Affine(5, 0, LEFT, 0, -5, TOP)
    ) as file:
        file.write(fine, 1)
    whole = write_raster(tmp_path / "whole.tif", codes)
    points = read_labels([tmp_path / "fine.tif"], h5py_dir, TILE)
    assert len(points) == points.found == codes.size - 1
    assert points.remarks == (
        f"cells labelled as several classes: {codes.size}, of which 1, where two are even, are left out",
        "classes of which no cell is left: 9",
    )
    expected = read_labels([whole, whole], h5py_dir, TILE)
    assert len(expected) == codes.size and not expected.remarks
    np.testing.assert_array_equal(points.label, expected.label[1:])
    other = write_raster(tmp_path / "other.tif", 4 - codes)
    points = read_labels([whole, other], h5py_dir, TILE)
    assert points.codes == (2,) and "of which 6144, where" in points.remarks[0]
    with pytest.raises(UserError, match="labels of several classes"):
        read_labels([whole, write_raster(tmp_path / "all.tif", codes + 3)], h5py_dir, TILE)


def test_what_is_guessed_of_codes_is_said(tmp_path: Path, h5py_dir: Path) -> None:
    codes = class_map().astype(np.int16) - 1
    codes[:4], codes[4:8] = 255, -9999
    path = write_raster(tmp_path / "fills.tif", codes, nodata=None)
    points = read_labels([path], h5py_dir, TILE)
    assert points.codes == (-9999, 1, 2, 255)
    assert points.remarks == (
        "fills.tif: 0 means no label (`--ignore none`: it is a class)",
        "fills.tif: -9999, 255 counts as a class (if it means no label: `--ignore 0 --ignore -9999 --ignore 255`)",
    )
    assert read_labels([path], h5py_dir, TILE, ignore=[0, 255, -9999]).remarks == ()
    codes[5, 5] = 3
    rare = read_labels([write_raster(tmp_path / "rare.tif", codes, nodata=-9999)], h5py_dir, TILE, most=50)
    assert rare.codes == (1, 2, 255) and rare.remarks[-1] == "classes of which no cell is left: 3"
    with pytest.raises(UserError, match="a class attribute is for polygons"):
        read_labels([path], h5py_dir, TILE, attribute="crop")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
@pytest.mark.parametrize("west", [179.98, -180.02], ids=["beyond 180", "beyond -180"])
def test_longitudes_may_be_written_either_way(west: float, crs: str, tmp_path: Path) -> None:
    """A raster across the date line, and samples of both zones beside it."""
    lines = ["sample_index,crs,left,top,gsd"]
    for number, (zone, lon) in enumerate((("EPSG:32760", 179.99), ("EPSG:32701", -179.99))):
        x, y = rasterio.warp.transform("EPSG:4326", zone, [lon], [-17.0])
        lines.append(f"{number},{zone},{x[0] - 160},{y[0] + 160},10")
    (tmp_path / "sample_locations.csv").write_text("\n".join(lines) + "\n")
    path = tmp_path / "fiji.tif"
    profile = {"driver": "GTiff", "width": 400, "height": 400, "count": 1, "dtype": "uint8", "crs": crs}
    degree = {"EPSG:4326": 1.0, "EPSG:3857": 20037508.342789244 / 180.0}[crs]
    _, top = rasterio.warp.transform("EPSG:4326", crs, [0.0], [-16.98])
    place = rasterio.Affine(1e-4 * degree, 0, west * degree, 0, -1e-4 * degree, top[0])
    with rasterio.open(path, "w", **profile, transform=place) as file:
        file.write(np.where(np.arange(400) < 200, 1, 2).astype(np.uint8) * np.ones((400, 1), np.uint8), 1)
    points = read_labels([path], tmp_path, 32)
    assert np.bincount(points.sample).min() > 800
    assert set(points.label[points.sample == 0]) == {0} and set(points.label[points.sample == 1]) == {1}


def test_names_that_no_class_has_are_refused(h5py_dir: Path, labels: Path) -> None:
    with pytest.raises(UserError, match="to ignore clouds"):
        read_labels([labels], h5py_dir, TILE, ignore=["clouds"])


def test_places_have_to_be_metres(h5py_dir: Path, labels: Path, tmp_path: Path) -> None:
    table = (h5py_dir / "sample_locations.csv").read_text()
    path = tmp_path / "sample_locations.csv"
    path.write_text("\ufeff" + table, encoding="utf-8")
    assert len(read_labels([labels], tmp_path, TILE)) == len(read_labels([labels], h5py_dir, TILE))
    for damaged in (table.replace(CRS, "EPSG:4326"), table.replace(",10.0", ",nan"), table.replace(",10.0", ",0")):
        path.write_text(damaged)
        with pytest.raises(DataError, match="not in metres"):
            read_labels([labels], tmp_path, TILE)


def test_names_that_no_path_keeps_are_labels_too(h5py_dir: Path, labels: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "labels.zip", "w") as archive:
        archive.write(labels, "labels.tif")
    points = read_labels([f"/vsizip/{tmp_path}/labels.zip/labels.tif"], h5py_dir, TILE)
    assert len(points) == len(read_labels([labels], h5py_dir, TILE))
