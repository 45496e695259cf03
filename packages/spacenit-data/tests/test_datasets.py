"""Windows of H5 samples: the pixels are those of a naive crop, and nothing damaged is read as data."""

import logging
import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_data import H5Tiles
from spacenit_data.datasets.h5_tiles_config import H5TilesConfig
from spacenit_data.datasets.window import draw_steps
from spacenit_data.h5 import whole_chunk

ALL = ["SENTINEL2_L2A", "SENTINEL1", "SRTM", "worldcover", "naip_10", "era5_10", "latlon"]
PIXELS_PER_CELL = {"naip_10": 4}
MakeSet = Callable[..., tuple[Path, dict[int, dict[str, Any]]]]


def naive_window(sample: dict[str, Any], name: str, row: int, column: int, cells: int, steps: list[int]) -> np.ndarray:
    """One sensor's window, step by step, from the whole arrays."""
    if name == "latlon":
        return sample["latlon"]
    values, k = sample["bands"][name], PIXELS_PER_CELL.get(name, 1)
    if values.ndim == 4:
        values = values[row * k : (row + cells) * k, column * k : (column + cells) * k]
    if name in sample["present"]:
        steps = [step for step in steps if sample["present"][name][step]]
    return np.stack([values[..., step, :] for step in steps], axis=-2) if values.shape[-2] > 1 else values


def assert_window(tile: Any, sample: dict[str, Any], cells: int, steps: list[int]) -> None:
    """The tile holds what the naive window holds, sensor by sensor."""
    assert set(tile.bands) == {*sample["bands"], "latlon"}
    np.testing.assert_array_equal(tile.timestamps, sample["timestamps"][steps])
    np.testing.assert_array_equal(tile.latlon, sample["latlon"])
    for name, values in tile.bands.items():
        expected = naive_window(sample, name, tile.row, tile.column, cells, steps)
        assert values.dtype == expected.dtype
        np.testing.assert_array_equal(values, expected)
        if name in sample["present"]:
            np.testing.assert_array_equal(tile.present[name], sample["present"][name][steps])


@pytest.mark.parametrize("layout", ["ours", "peer", "plain"])
def test_windows_are_pixel_exact(make_set: MakeSet, layout: str) -> None:
    folder, samples = make_set(4, layout)
    dataset = H5Tiles(h5py_dir=folder, training_modalities=ALL)
    assert len(dataset) == 4
    assert dataset.tile_size == 24
    for index, sample in samples.items():
        tile = dataset.read_window(index, row=3, column=17, cells=7, start=2, steps=5)
        assert_window(tile, sample, 7, [2, 3, 4, 5, 6])
        assert_window(dataset.read_window(index), sample, 24, list(range(12)))
        tile = dataset.read(index, cells=24, max_timesteps=12, rng=np.random.default_rng(0))
        shown = [step for step in range(12) if tuple(sample["timestamps"][step]) in set(map(tuple, tile.timestamps))]
        assert_window(tile, sample, 24, shown)


def test_the_first_rows_of_whole_chunks_are_decoded_alone(make_set: MakeSet) -> None:
    folder, samples = make_set(1, "peer")
    stored = samples[0]["bands"]["sentinel2_l2a"][:, :, samples[0]["present"]["sentinel2_l2a"]]
    with h5py.File(folder / "sample_0.h5") as file:
        dataset = file["sentinel2_l2a"]
        rows = whole_chunk.read_first_rows(dataset.id, dataset.shape, dataset.dtype, 5)
        assert rows is not None
        np.testing.assert_array_equal(rows, stored[:5])
        with pytest.raises(ValueError, match="its chunk holds"):
            whole_chunk.read_first_rows(dataset.id, dataset.shape, dataset.dtype, 25)
        assert whole_chunk.read_first_rows(file["timestamps"].id, (12, 3), np.dtype(np.int64), 1) is not None
    with h5py.File(folder / "shifted.h5", "w", userblock_size=1024) as file:
        options = hdf5plugin.Zstd(clevel=3)
        file.create_dataset("a", data=stored, chunks=stored.shape, **options)
        file.create_dataset("unwritten", stored.shape, stored.dtype, chunks=stored.shape, **options)
    with h5py.File(folder / "shifted.h5") as file:
        shifted = file["a"]
        rows = whole_chunk.read_first_rows(shifted.id, shifted.shape, shifted.dtype, 7)
        np.testing.assert_array_equal(rows, stored[:7])
        unwritten = file["unwritten"]
        assert whole_chunk.read_first_rows(unwritten.id, unwritten.shape, unwritten.dtype, 7) is None
    ours, _ = make_set(1, "ours", "ours")
    with h5py.File(ours / "sample_0.h5") as file:
        dataset = file["sentinel2_l2a"]
        assert whole_chunk.read_first_rows(dataset.id, dataset.shape, dataset.dtype, 5) is None


def slow_starts(masks: list[list[bool]], length: int, max_timesteps: int) -> set[tuple[int, int]]:
    """Every window in time that may be drawn, by the words of the reference."""
    there = [any(mask[step] for mask in masks) if masks else True for step in range(length)]
    first = there.index(True)
    last = length - 1 - there[::-1].index(True)
    current_length = last - first + 1
    if current_length <= max_timesteps:
        return {(first, last + 1)}
    windows = set()
    for start in range(current_length):
        if start + max_timesteps <= current_length and there[first + start]:
            windows.add((first + start, first + start + max_timesteps))
    return windows


def test_windows_in_time_are_those_of_a_slow_search() -> None:
    rng = np.random.default_rng(1)
    for _ in range(150):
        length, max_timesteps = int(rng.integers(1, 15)), int(rng.integers(1, 13))
        masks = [rng.random(length) < 0.4 for _ in range(int(rng.integers(0, 4)))]
        if masks and not np.any(masks):
            assert draw_steps(masks, length, max_timesteps, rng) is None
            continue
        allowed = slow_starts([mask.tolist() for mask in masks], length, max_timesteps)
        drawn = {draw_steps(masks, length, max_timesteps, rng) for _ in range(60)}
        assert drawn <= allowed
        if len(allowed) <= 3:
            assert drawn == allowed


def test_positions_are_uniform_and_follow_the_rng_given(make_set: MakeSet) -> None:
    folder, _ = make_set(1)
    dataset = H5Tiles(h5py_dir=folder, training_modalities=["srtm", "sentinel2_l2a"])
    places = set()
    for draw in range(120):
        tile = dataset.read(0, cells=22, max_timesteps=1, rng=np.random.default_rng(draw))
        again = dataset.read(0, cells=22, max_timesteps=1, rng=np.random.default_rng(draw))
        assert (tile.row, tile.column) == (again.row, again.column)
        np.testing.assert_array_equal(tile.timestamps, again.timestamps)
        places.add((tile.row, tile.column))
    assert places == {(row, column) for row in range(3) for column in range(3)}


def test_derived_sensors_are_computed_from_the_window(make_set: MakeSet) -> None:
    folder, samples = make_set(1)
    dataset = H5Tiles(h5py_dir=folder, training_modalities=["ndvi", "worldcover_onehot"])
    tile = dataset.read_window(0, row=1, column=2, cells=5)
    assert set(tile.bands) == {"ndvi", "worldcover_onehot"}
    s2 = naive_window(samples[0], "sentinel2_l2a", 1, 2, 5, list(range(12))).astype(np.float64)
    total = s2[..., 3] + s2[..., 2]
    expected = np.divide(s2[..., 3] - s2[..., 2], total, out=np.zeros_like(total), where=total != 0)
    np.testing.assert_allclose(tile.bands["ndvi"][..., 0], expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(tile.present["ndvi"], samples[0]["present"]["sentinel2_l2a"])
    codes = samples[0]["bands"]["worldcover"][1:6, 2:7, 0, 0]
    for band, code in enumerate((10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)):
        np.testing.assert_array_equal(tile.bands["worldcover_onehot"][:, :, 0, band], codes == code)


def test_samples_are_chosen_by_the_metadata(make_set: MakeSet, tmp_path: Path) -> None:
    folder, _ = make_set(9)
    assert H5Tiles(folder, ["sentinel1", "srtm"]).index.numbers.tolist() == [0, 2, 3, 5, 6, 8]
    assert len(H5Tiles(folder, ["srtm"])) == 9
    np.save(tmp_path / "keep.npy", np.array([8, 1, 2, 77]))
    kept = H5Tiles(folder, ["sentinel1"], filter_idx_file=tmp_path / "keep.npy")
    assert kept.index.numbers.tolist() == [2, 8]
    assert kept.read_window(1).index == 8
    half = [H5Tiles(folder, ["srtm"], dataset_percentage=0.5, seed=seed).index.numbers.tolist() for seed in (0, 0, 1)]
    assert half[0] == half[1] != half[2]
    assert len(half[0]) == 4
    with pytest.raises(UserError, match="dataset_percentage"):
        H5Tiles(folder, ["srtm"], dataset_percentage=0.1)
    np.save(tmp_path / "none.npy", np.array([1]))
    with pytest.raises(UserError, match=r"none\.npy names no usable sample"):
        H5Tiles(folder, ["sentinel1"], filter_idx_file=tmp_path / "none.npy")
    with pytest.raises(UserError, match=r"filter_idx_file .* cannot be read"):
        H5Tiles(folder, ["sentinel1"], filter_idx_file=tmp_path / "absent.npy")


def test_what_is_no_set_is_named(make_set: MakeSet, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--dataset\.h5py_dir"):
        H5TilesConfig().build(SensorSet.of(["srtm"]))
    with pytest.raises(UserError, match="there is no folder"):
        H5Tiles(tmp_path / "nowhere", ["srtm"])
    folder, _ = make_set(3, name="a")
    with pytest.raises(UserError, match=f"there is one in {folder}"):
        H5Tiles(tmp_path, ["srtm"])
    with pytest.raises(UserError, match=r"none of the sensors landsat[\s\S]*it has .*sentinel1"):
        H5Tiles(folder, ["landsat"])
    (folder / "sample_1.h5").unlink()
    with pytest.raises(DataError, match=r"files are missing, first sample_1\.h5 \(1 of 3"):
        H5Tiles(folder, ["srtm"])


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "sample_index,srtm\n", "sample_index,srtm\n0,x\n", "sample_index,srtm\n0,1\n0,1\n"]
)
def test_damaged_metadata_are_refused(make_set: MakeSet, text: str) -> None:
    folder, _ = make_set(2)
    (folder / "sample_metadata.csv").write_text(text)
    with pytest.raises(DataError, match=r"sample_metadata\.csv"):
        H5Tiles(folder, ["srtm"])


def test_metadata_that_disagree_with_a_file(make_set: MakeSet, h5_writers: Any) -> None:
    make_sample, write_sample, _ = h5_writers
    folder, _ = make_set(3)
    write_sample(folder / "sample_0.h5", make_sample(0, lacking=("srtm",)), "ours")
    dataset = H5Tiles(folder, ["srtm", "sentinel2_l2a"])
    with pytest.raises(DataError, match=r"sample_0\.h5 has no dataset srtm, though sample_metadata\.csv says so"):
        dataset.read_window(0)
    dataset.read_window(1)


def _replace(path: Path, name: str, values: np.ndarray) -> None:
    with h5py.File(path, "r+") as file:
        del file[name]
        file[name] = values


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("sentinel2_l2a", np.zeros((24, 24, 12, 11), np.uint16), r"not \[height, width, steps, 12 bands\]"),
        ("sentinel2_l2a", np.zeros((24, 24, 12), np.uint16), r"not \[height, width, steps, 12 bands\]"),
        ("sentinel2_l2a", np.zeros((24, 20, 12, 12), np.uint16), "has 24 x 20 pixels, but samples are square"),
        ("sentinel2_l2a", np.zeros((24, 24, 3, 12), np.uint16), "holds 3 time steps, but its mask names"),
        ("srtm", np.zeros((24, 24, 2, 1), np.int16), "has 2 time steps, but srtm has no time"),
        ("srtm", np.zeros((20, 20, 1, 1), np.int16), "sensors differ in cells a side"),
        ("naip_10", np.zeros((24, 25, 1, 4), np.uint8), "a multiple of 4 pixels"),
        ("era5_10", np.zeros((5, 6), np.float32), "there are 12 timestamps and no mask"),
        ("timestamps", np.zeros((12, 2), np.int64), r"not \[T, 3\]"),
        ("timestamps", np.full((12, 3), 12), "months outside of 0-11"),
        ("missing_timesteps_masks/sentinel2_l2a", np.ones(11, bool), "but there are 12 time steps"),
        ("srtm", np.full((24, 24, 1, 1), np.nan, np.float32), "srtm holds NaN"),
    ],
)
def test_wrong_arrays_are_named(make_set: MakeSet, name: str, values: np.ndarray, message: str) -> None:
    folder, _ = make_set(1)
    _replace(folder / "sample_0.h5", name, values)
    with pytest.raises(DataError, match=message) as caught:
        H5Tiles(folder, ALL).read(0, cells=5, max_timesteps=4, rng=np.random.default_rng(0))
    assert "sample_0.h5" in str(caught.value)


def test_samples_of_another_size_and_too_large_windows(make_set: MakeSet, h5_writers: Any) -> None:
    folder, _ = make_set(2)
    dataset = H5Tiles(folder, ["srtm"])
    assert dataset.tile_size == 24
    _replace(folder / "sample_1.h5", "srtm", np.zeros((20, 20, 1, 1), np.int16))
    with pytest.raises(DataError, match=r"sample_1\.h5 has 20 cells a side, but the set's samples 24"):
        dataset.read(1, cells=22, max_timesteps=1, rng=np.random.default_rng(0))
    with pytest.raises(UserError, match=r"25 x 25 cells .* does not fit[\s\S]*smaller window"):
        dataset.read(0, cells=25, max_timesteps=1, rng=np.random.default_rng(0))
    with pytest.raises(UserError, match="do not lie within the 12"):
        dataset.read_window(0, start=9, steps=4)


def test_a_sample_without_any_step_is_refused(make_set: MakeSet) -> None:
    folder, _ = make_set(1)
    _replace(folder / "sample_0.h5", "missing_timesteps_masks/sentinel2_l2a", np.zeros(12, bool))
    _replace(folder / "sample_0.h5", "sentinel2_l2a", np.zeros((24, 24, 0, 12), np.uint16))
    with pytest.raises(DataError, match="holds no time step of sentinel2_l2a"):
        H5Tiles(folder, ["sentinel2_l2a", "srtm"]).read(0, cells=5, max_timesteps=4, rng=np.random.default_rng(0))


def _bytes_of(dataset: H5Tiles) -> dict[str, bytes]:
    tile = dataset.read_window(0)
    parts = {**tile.bands, **{f"present {name}": mask for name, mask in tile.present.items()}, "t": tile.timestamps}
    return {name: values.tobytes() for name, values in parts.items()}


def test_no_flipped_bit_is_read_as_data(make_set: MakeSet) -> None:
    folder, _ = make_set(1)
    dataset = H5Tiles(folder, ALL)
    path = folder / "sample_0.h5"
    whole, before = path.read_bytes(), _bytes_of(dataset)
    rng = np.random.default_rng(5)
    detected = 0
    for bit in rng.integers(len(whole) * 8, size=250):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(damaged)
        try:
            assert _bytes_of(dataset) == before, f"bit {bit} went unnoticed"
        except DataError as error:
            detected += 1
            assert "sample_0.h5" in error.message
    assert detected > 200


@pytest.mark.parametrize("layout", ["ours", "peer"])
def test_files_cut_short_are_refused(make_set: MakeSet, layout: str) -> None:
    folder, _ = make_set(1, layout)
    dataset = H5Tiles(folder, ALL)
    path = folder / "sample_0.h5"
    whole = path.read_bytes()
    for length in np.linspace(0, len(whole) - 1, 40).astype(int):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"sample_0\.h5"):
            dataset.read_window(0)


def test_flipped_bits_of_foreign_files_end_in_data_or_in_a_data_error(make_set: MakeSet) -> None:
    folder, _ = make_set(1, "peer")
    dataset = H5Tiles(folder, ALL)
    path = folder / "sample_0.h5"
    whole = path.read_bytes()
    rng = np.random.default_rng(6)
    # Without checksums flips in pixels go unnoticed; those in the structure, near both ends, must not escape as bugs.
    for byte in np.concatenate([rng.integers(0, 6000, 150), rng.integers(len(whole) - 6000, len(whole), 150)]):
        damaged = bytearray(whole)
        damaged[byte] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            dataset.read(0, cells=9, max_timesteps=3, rng=rng)
        except DataError as error:
            assert "sample_0.h5" in error.message


def test_missing_pixels_stay_as_they_are(make_set: MakeSet) -> None:
    folder, _ = make_set(1)
    _replace(folder / "sample_0.h5", "srtm", np.full((24, 24, 1, 1), NODATA, np.float32))
    assert (H5Tiles(folder, ["srtm"]).read_window(0).bands["srtm"] == NODATA).all()


def test_the_cache_holds_copies(make_set: MakeSet, tmp_path: Path) -> None:
    folder, _ = make_set(2)
    cache = tmp_path / "cache"
    dataset = H5Tiles(folder, ["srtm"], cache_dir=cache)
    first = dataset.read_window(1).bands["srtm"]
    assert [path.name.split(".")[0] for path in cache.rglob("*") if path.is_file()] == ["sample_1"]
    shutil.rmtree(folder)
    np.testing.assert_array_equal(dataset.read_window(1).bands["srtm"], first)
    with pytest.raises(DataError, match=r"sample_0\.h5 is missing"):
        dataset.read_window(0)
    (tmp_path / "file").write_text("")
    make_set(1, name="again")
    with pytest.raises(UserError, match="check cache_dir and the space"):
        H5Tiles(tmp_path / "again", ["srtm"], cache_dir=tmp_path / "file").read_window(0)


def test_the_copy_of_a_file_that_was_written_again_is_made_anew(
    make_set: MakeSet, h5_writers: Any, tmp_path: Path
) -> None:
    folder, samples = make_set(1)
    dataset = H5Tiles(folder, ["srtm"], cache_dir=tmp_path / "cache")
    assert (dataset.read_window(0).bands["srtm"] != 77).any()
    path = folder / "sample_0.h5"
    before = path.stat()
    for value in (77, 78):
        # The same size and, as some tools restore it, the same time.
        samples[0]["bands"]["srtm"][:] = value
        h5_writers[1](path, samples[0], "ours")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (dataset.read_window(0).bands["srtm"] == value).all()
    assert len(list((tmp_path / "cache").rglob("*.h5"))) == 1
    copies = [path.stat().st_ino for path in (tmp_path / "cache").rglob("*.h5")]
    dataset.read_window(0)
    assert [path.stat().st_ino for path in (tmp_path / "cache").rglob("*.h5")] == copies


def test_a_replaced_sample_changes_the_marks_of_a_set(make_set: MakeSet, tmp_path: Path) -> None:
    folder, _ = make_set(3)
    before = H5Tiles(folder, ["srtm"]).marks()
    shutil.copytree(folder, tmp_path / "moved")
    assert H5Tiles(tmp_path / "moved", ["srtm"]).marks() == before
    path = folder / "sample_1.h5"
    content = bytearray(path.read_bytes())
    content[len(content) // 8 : -(len(content) // 8)] = content[-(len(content) // 8) - 1 : len(content) // 8 - 1 : -1]
    path.write_bytes(content)
    after = H5Tiles(folder, ["srtm"]).marks()
    assert {name for name in before if after[name] != before[name]} == {"files of samples 1 to 1"}


def _read_in_child(dataset: H5Tiles, queue: Any) -> None:
    queue.put(dataset.read_window(0).bands["srtm"].sum())


@pytest.mark.parametrize("layout", ["ours", "peer"])
def test_forked_processes_may_read_too(make_set: MakeSet, layout: str) -> None:
    folder, _ = make_set(1, layout)
    dataset = H5Tiles(folder, ["srtm"])
    total = dataset.read_window(0).bands["srtm"].sum()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_read_in_child, args=(dataset, queue))
    child.start()
    assert queue.get(timeout=30) == total
    child.join()


def test_an_unknown_place_is_a_missing_latlon(
    make_set: MakeSet, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    folder, _ = make_set(3)
    for number in (0, 2):
        _replace(folder / f"sample_{number}.h5", "latlon", np.full(2, np.nan, np.float32))
    dataset = H5Tiles(folder, ["srtm", "latlon"])
    assert [set(dataset.read_window(index).bands) for index in range(3)] == [{"srtm"}, {"srtm", "latlon"}, {"srtm"}]
    centres = np.load(folder / "latlon_distribution.npy")
    np.save(folder / "latlon_distribution.npy", np.full_like(centres, np.nan))
    with caplog.at_level(logging.WARNING):
        H5Tiles(folder, ["srtm", "latlon"])
    assert "knows the place of no sample" in caplog.text
