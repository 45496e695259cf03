"""Conversion of raw tiles: pixels against an independent computation, rules, numbering, files that disagree."""

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from attrs import evolve
from rasterio.warp import transform

from spacenit_core.errors import DataError
from spacenit_data.convert.conversion import run
from spacenit_data.convert.cutting import latlon_at
from spacenit_data.convert.prepare import from_raw
from spacenit_data.convert.raw import align
from spacenit_data.convert.settings import ConvertSettings

from .converting import SMALL, content, convert, expected_array
from .goldens import raw_world

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("tile_size", [256, 128])
def test_every_pixel(world: tuple[Path, dict], tmp_path: Path, tile_size: int) -> None:
    root, truth = world
    report = convert(root, tmp_path, ConvertSettings(tile_size=tile_size))
    pieces = 256 // tile_size
    names = "era5_10_landsat_naip_10_openstreetmap_raster_sentinel1_sentinel2_l2a_srtm_worldcover"
    settings = f"h5py_data_w_missing_timesteps_zstd_3_{tile_size}_x_{pieces**2}"
    assert report.folder == tmp_path / settings / names / str(3 * pieces**2)
    kept = {
        raw_world.A: {"sentinel2_l2a", "sentinel1", "era5_10", "worldcover", "naip_10"},
        raw_world.B: {"sentinel2_l2a", "landsat"},
        raw_world.D: {"sentinel2_l2a", "openstreetmap_raster"},
    }
    for number, tile in enumerate([raw_world.A, raw_world.B, raw_world.D]):
        for piece in range(pieces**2):
            row, column = divmod(piece, pieces)
            with h5py.File(report.folder / f"sample_{number * pieces**2 + piece}.h5") as file:
                assert set(file) - {"latlon", "timestamps", "missing_timesteps_masks"} == kept[tile]
                np.testing.assert_array_equal(file["timestamps"], [[1, month, 2021] for month in range(12)])
                check_place(file, tile, row, column, tile_size)
                for sensor in kept[tile]:
                    months, groups = truth[tile, sensor]
                    check_sensor(file, sensor, months, groups, (row, column, pieces))


def check_place(file: h5py.File, tile: tuple[str, int, int], row: int, column: int, tile_size: int) -> None:
    """A sample's corner and centre are its own."""
    left, top = tile[1] * 2560 + column * tile_size * 10, -tile[2] * 2560 - row * tile_size * 10
    assert file.attrs["crs"].decode() == tile[0]
    assert (file.attrs["left"], file.attrs["top"], file.attrs["gsd"]) == (left, top, 10)
    (x,), (y,) = transform("EPSG:4326", tile[0], [float(file["latlon"][1])], [float(file["latlon"][0])])
    assert abs(x - left - tile_size * 5) < 2 and abs(y - top + tile_size * 5) < 2


def check_sensor(
    file: h5py.File, sensor: str, months: tuple[int, ...], groups: list[np.ndarray], piece: tuple[int, int, int]
) -> None:
    """A sensor's array and mask in one sample."""
    values, (row, column, pieces) = file[sensor][()], piece
    if sensor == "era5_10":
        np.testing.assert_array_equal(values, groups[0][:, :, 0, 0])
    else:
        whole = expected_array(sensor, groups)
        side = len(whole) // pieces
        expected = whole[row * side : (row + 1) * side, column * side : (column + 1) * side]
        if sensor == "sentinel1":
            np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-5)
        else:
            np.testing.assert_array_equal(values, expected)
    assert values.dtype == groups[0].dtype
    if raw_world.GROUPS[sensor][1]:
        mask = file["missing_timesteps_masks"][sensor][()]
        assert mask.dtype == bool and tuple(np.flatnonzero(mask)) == months
    else:
        assert sensor not in file["missing_timesteps_masks"]


def test_arrays_equal_those_of_the_golden_conversion(world: tuple[Path, dict], tmp_path: Path) -> None:
    golden = json.loads((GOLDENS / "convert.json").read_text())
    report = convert(world[0], tmp_path, ConvertSettings())
    assert str(report.folder.relative_to(tmp_path)) == golden["folder"]
    centres = {}
    for tile in (raw_world.A, raw_world.B, raw_world.D):
        (lon,), (lat,) = transform(tile[0], "EPSG:4326", [(tile[1] + 0.5) * 2560], [-(tile[2] + 0.5) * 2560])
        centres[f"{lat:.4f},{lon:.4f}"] = len(centres)
    assert set(centres) == set(golden["tiles"])
    for latlon, number in centres.items():
        for piece, expected in enumerate(golden["tiles"][latlon]):
            with h5py.File(report.folder / f"sample_{number * 4 + piece}.h5") as file:
                assert file["timestamps"][()].tolist() == expected["timestamps"]
                for sensor, mask in expected["masks"].items():
                    assert file["missing_timesteps_masks"][sensor][()].astype(int).tolist() == mask
                stored = {name for name in file if name in raw_world.GROUPS}
                assert stored == set(expected["arrays"])
                for sensor, facts in expected["arrays"].items():
                    check_facts(file[sensor][()], facts)


def check_facts(values: np.ndarray, facts: dict) -> None:
    """Type, shape and content of an array."""
    assert [list(values.shape), str(values.dtype)] == [facts["shape"], facts["dtype"]]
    if "values" in facts:
        np.testing.assert_allclose(values.reshape(-1)[:: max(1, values.size // 97)], facts["values"], rtol=1e-6)
    else:
        assert hashlib.sha256(values.tobytes()).hexdigest() == facts["sha256"]


def test_report_and_metadata_say_what_was_kept_and_why(world: tuple[Path, dict], tmp_path: Path) -> None:
    report = convert(world[0], tmp_path, ConvertSettings(tile_size=256))
    assert (report.sources, report.samples, report.written, report.failed) == (4, 3, 3, 0)
    assert report.left_out == {"fewer than 12 images": 1}
    assert report.dropped == {
        "era5_10": {"all zero": 1},
        "openstreetmap_raster": {"all zero": 1},
        "sentinel1": {"nodata pixels": 1},
        "srtm": {"NaN or infinite pixels": 1},
    }
    assert report.per_sensor["sentinel2_l2a"] == 3 and report.per_sensor["srtm"] == 0
    rows = list(csv.DictReader((report.folder / "sample_metadata.csv").read_text().splitlines()))
    assert [row["landsat"] for row in rows] == ["0", "1", "0"]
    assert np.load(report.folder / "latlon_distribution.npy").shape == (3, 2)
    again = convert(world[0], tmp_path, ConvertSettings(tile_size=256))
    assert again == evolve(report, written=0, failures=list(report.failures))


def test_required_sensors_and_fewer_steps(world: tuple[Path, dict], tmp_path: Path) -> None:
    settings = ConvertSettings(sensors=("SENTINEL2_L2A", "worldcover"), required=("Worldcover",), min_steps=9)
    report = convert(world[0], tmp_path, settings)
    assert report.folder.parts[-2:] == ("sentinel2_l2a_worldcover_required_worldcover", "8")
    assert report.left_out == {"no worldcover": 2}
    with h5py.File(report.folder / "sample_4.h5") as file:
        assert len(file["timestamps"]) == 9 and file.attrs["crs"].decode() == "EPSG:32633"


def test_images_without_a_step_are_cut_and_counted(raw: Path, tmp_path: Path) -> None:
    path = raw / "10_sentinel2_l2a_monthly.csv"
    text = path.read_text()
    path.unlink()
    # In tile B, Landsat's dates are the longest series; now one of Sentinel-2's ten is not among them.
    changed = [
        line.replace("2021-05-01", "2021-05-09") if line.startswith("EPSG:32610,151,") else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(changed) + "\n")
    report = convert(raw, tmp_path / "out", ConvertSettings(sensors=("sentinel2_l2a", "landsat"), tile_size=256))
    assert report.cut_steps == {"sentinel2_l2a": 1}
    with h5py.File(report.folder / "sample_1.h5") as file:
        mask = file["missing_timesteps_masks/sentinel2_l2a"][()]
        assert tuple(np.flatnonzero(~mask)) == (3, 4, 7) and file["sentinel2_l2a"].shape[2] == 9


def test_align() -> None:
    a, b, c = (1, 0, 2020), (1, 1, 2020), (1, 2, 2020)
    assert align([a, c], [a, b, c])[0] == [0, 1]
    assert align([a, a, c], [a, a, b])[1].tolist() == [True, True, False]
    assert align([c, (9, 9, 2020)], [a, b, c])[0] == [0]
    with pytest.raises(ValueError, match="another order"):
        align([b, a], [a, b])


def test_places_outside_of_their_reference_system() -> None:
    with pytest.raises(DataError, match="'EPSG:999999' is not a known coordinate reference system"):
        latlon_at("EPSG:999999", 0, 0)
    with pytest.raises(DataError, match="does not lie within EPSG:32610"):
        latlon_at("EPSG:32610", 1e12, 1e12)


def test_numbering_does_not_depend_on_rows_or_workers(raw: Path, world: tuple[Path, dict], tmp_path: Path) -> None:
    expected = convert(world[0], tmp_path / "one", SMALL)
    for path in raw.glob("*.csv"):
        header, *rows = path.read_text().splitlines()
        path.unlink()
        # Tiles in another order; the images of a tile must stay in theirs.
        path.write_text("\n".join([header, *sorted(rows, key=lambda row: row.split(",")[1:3])]) + "\n")
    got = convert(raw, tmp_path / "two", SMALL)
    one, two = content(expected.folder), content(got.folder)
    assert {k: v for k, v in one.items() if k != "conversion.json"} == {
        k: v for k, v in two.items() if k != "conversion.json"
    }


def test_worker_processes_make_the_same_files(
    world: tuple[Path, dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = content(convert(world[0], tmp_path / "one", SMALL).folder)
    monkeypatch.setattr("spacenit_data.convert.conversion.SOURCES_PER_WORKER", 2)
    assert content(run(from_raw(world[0], tmp_path / "two", SMALL), workers=2).folder) == expected


def test_a_real_raster_that_opens_and_cannot_be_read(raw: Path, tmp_path: Path) -> None:
    default = Path(__file__).parents[4] / "shared" / "data"
    corrupt = Path(os.environ.get("SPACENIT_REAL_DATA", default)) / "real-mini" / "rasters" / "corrupt.tif"
    if not corrupt.exists():
        pytest.skip(f"{corrupt} is not there: set SPACENIT_REAL_DATA")
    victim = raw / "10_worldcover" / "EPSG:32610_150_-2089_10.tif"
    victim.unlink()
    shutil.copy(corrupt, victim)
    with pytest.raises(DataError, match=f"{victim}"):
        convert(raw, tmp_path / "out", SMALL)
    assert not list((tmp_path / "out").glob("*/*/*/*.h5"))


def damage_rows(text: str) -> str:
    """The CSV with one image more than the raster of tile A holds."""
    lines = text.splitlines()
    last = next(line for line in lines if line.startswith("EPSG:32610,150,") and ",11,2021" in line)
    return "\n".join([*lines, last.replace(",11,2021-12-01", ",12,2022-01-01")]) + "\n"


def drop_row(text: str) -> str:
    """The CSV without one line of tile A."""
    return "".join(
        line for line in text.splitlines(True) if not (line.startswith("EPSG:32610,150,") and ",3,2021" in line)
    )


def test_rows_in_any_order_and_twice(raw: Path, world: tuple[Path, dict], tmp_path: Path) -> None:
    path = raw / "10_sentinel2_l2a_monthly.csv"
    first, *rows = path.read_text().splitlines()
    path.unlink()
    path.write_text("\n".join([first, *reversed(rows), rows[0]]) + "\n")
    prepared = from_raw(raw, tmp_path / "out", SMALL)
    assert prepared.remarks == ("1 CSV rows name an image that was listed before: left out",)
    expected = content(convert(world[0], tmp_path / "expected", SMALL).folder)
    mixed = content(run(prepared).folder)
    assert {**mixed, "conversion.json": b""} == {**expected, "conversion.json": b""}


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("10_worldcover.csv", lambda text: text.replace("image_idx", "image"), "has no column 'image_idx'"),
        ("10_worldcover.csv", lambda text: text.replace(",180,", ",a,"), "10_worldcover.csv, line .: invalid literal"),
        (
            "10_worldcover.csv",
            lambda text: text.replace("2021-01-01T", "2021-13-01T"),
            "line 2: month must be in 1..12",
        ),
        ("10_worldcover.csv", lambda text: text.replace("32633,180,", "32633,181,"), "181_-2000_10.tif is missing"),
        ("10_sentinel2_l2a_monthly.csv", damage_rows, "lists 13 images of 4 bands"),
        ("10_sentinel2_l2a_monthly.csv", drop_row, "150_-2089 has no image_idx 3, but 11 others"),
        ("10_sentinel2_l2a_monthly.csv", lambda text: text.splitlines()[0] + "\n", "list no series of images"),
    ],
)
def test_a_csv_that_disagrees(raw: Path, tmp_path: Path, file: str, change: Callable[[str], str], message: str) -> None:
    text = (raw / file).read_text()
    (raw / file).unlink()
    (raw / file).write_text(change(text))
    settings = SMALL
    if "181" in message:
        # The tile without a raster needs a series to be looked at.
        series = raw / "10_sentinel2_l2a_monthly.csv"
        moved = series.read_text().replace("32633,180,", "32633,181,")
        series.unlink()
        series.write_text(moved)
        for path in (raw / "10_sentinel2_l2a_monthly").glob("EPSG:32633_180_*"):
            path.rename(path.with_name(path.name.replace("_180_", "_181_")))
    with pytest.raises(DataError, match=message):
        convert(raw, tmp_path / "out", settings)
    assert not list((tmp_path / "out").glob("*/*/*/*.csv"))
