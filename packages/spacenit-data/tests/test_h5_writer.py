"""The H5 writer: names, layout, checksums, whole-or-nothing files, metadata."""

import csv
import io
import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest

from spacenit_core.errors import DataError, UserError
from spacenit_data.h5.compression import Compression
from spacenit_data.h5.files import sample_bytes
from spacenit_data.h5.layout import chunk_shape
from spacenit_data.h5.naming import set_folder
from spacenit_data.h5.writer import H5SetWriter, Location, SampleArrays, read_record

SENSORS = ("era5_10", "naip_10", "sentinel2_l2a", "srtm")


def make_sample(seed: int = 0, tile_size: int = 64, bands: int = 3) -> SampleArrays:
    """A sample of four sensors, one of them with gaps in time."""
    rng = np.random.default_rng(seed)
    smooth = rng.normal(size=(tile_size, tile_size, 10, bands)).cumsum(0).cumsum(1)
    present = np.ones(12, bool)
    present[[2, 7]] = False
    return SampleArrays(
        bands={
            "sentinel2_l2a": (1000 + 10 * smooth).clip(0, 65535).astype(np.uint16),
            "srtm": smooth[:, :, :1, :1].astype(np.int16),
            "naip_10": rng.integers(0, 255, (tile_size * 4, tile_size * 4, 1, 4), np.uint8),
            "era5_10": rng.normal(size=(12, 6)).astype(np.float32),
        },
        present={"sentinel2_l2a": present, "era5_10": np.ones(12, bool)},
        timestamps=np.stack([np.full(12, 15), np.arange(12), np.full(12, 2021)], axis=1),
        latlon=np.array([45.5, -120.25 + seed], np.float32),
        location=Location("EPSG:32610", 500000.0 + seed, 5040000.0, 10.0),
    )


def read_all(content: bytes) -> dict[str, object]:
    """Everything that a file says, as plain values."""
    out: dict[str, object] = {}
    with h5py.File(io.BytesIO(content)) as file:
        out["attributes"] = sorted((key, str(value)) for key, value in file.attrs.items())

        def visit(name: str, item: object) -> None:
            out[name] = (item.dtype.str, item.shape, item[()].tobytes()) if isinstance(item, h5py.Dataset) else None

        file.visititems(visit)
    return out


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (("gzip", 9, True), "h5py_data_w_missing_timesteps_gzip_9_shuffle_256_x_16"),
        (("zstd", None, None), "h5py_data_w_missing_timesteps_zstd_3_256_x_16"),
        (("zstd", 3, False), "h5py_data_w_missing_timesteps_zstd_3_256_x_16"),
        (("lz4", None, True), "h5py_data_w_missing_timesteps_lz4_shuffle_256_x_16"),
        ((None, None, None), "h5py_data_w_missing_timesteps_256_x_16"),
    ],
)
def test_folder_name(settings: tuple[str | None, int | None, bool | None], expected: str) -> None:
    names = ["naip", "sentinel2", "era5_10"]
    codec = Compression.of(*settings)
    folder = set_folder(Path("/d"), names, count=4096, tile_size=256, subtiles=16, compression=codec)
    assert folder == Path("/d") / expected / "era5_10_naip_sentinel2" / "4096"
    folder = set_folder(
        Path("/d"), names, count=1, tile_size=256, subtiles=16, compression=codec, required=["sentinel2", "naip"]
    )
    assert folder.parent.name == "era5_10_naip_sentinel2_required_naip_sentinel2"


@pytest.mark.parametrize(("codec", "level"), [("zstd", 3), ("gzip", 9), ("lz4", None), (None, None)])
@pytest.mark.parametrize("shuffle", [False, True])
def test_what_is_written_is_read_back(tmp_path: Path, codec: str | None, level: int | None, shuffle: bool) -> None:
    writer = H5SetWriter(
        tmp_path, SENSORS, count=1, tile_size=64, compression=codec, compression_opts=level, shuffle=shuffle
    )
    sample = make_sample()
    writer.write(0, sample)
    with h5py.File(writer.path(0)) as file:
        for name, values in sample.bands.items():
            assert file[name].dtype == values.dtype
            np.testing.assert_array_equal(file[name][()], values)
        for name, mask in sample.present.items():
            np.testing.assert_array_equal(file["missing_timesteps_masks"][name][()], mask)
        assert file["latlon"].dtype == np.float32
        np.testing.assert_array_equal(file["latlon"][()], sample.latlon)
        np.testing.assert_array_equal(file["timestamps"][()], sample.timestamps)
        ids = {
            "zstd": hdf5plugin.Zstd.filter_id,
            "lz4": hdf5plugin.LZ4.filter_id,
            "gzip": h5py.h5z.FILTER_DEFLATE,
            None: None,
        }
        plist = file["srtm"].id.get_create_plist()
        filters = [plist.get_filter(number)[0] for number in range(plist.get_nfilters())]
        assert (ids[codec] in filters or codec is None) and (h5py.h5z.FILTER_SHUFFLE in filters) == shuffle


def test_every_dataset_is_chunked_and_checksummed(tmp_path: Path) -> None:
    writer = H5SetWriter(tmp_path, SENSORS, count=1, tile_size=64)
    writer.write(0, make_sample())
    seen = []
    with h5py.File(writer.path(0)) as file:
        file.visititems(lambda name, item: seen.append((name, item)) if isinstance(item, h5py.Dataset) else None)
        assert len(seen) == 2 + 4 + 2
        for name, item in seen:
            assert item.chunks is not None and item.fletcher32, name
        assert file["sentinel2_l2a"].chunks == (32, 32, 4, 3)
        assert file["srtm"].chunks == (32, 32, 1, 1)
        assert file["naip_10"].chunks == (128, 128, 1, 4)
        assert file["era5_10"].chunks == (12, 6)


def test_chunks_never_exceed_the_array() -> None:
    assert chunk_shape((16, 16, 2, 3), 16) == (16, 16, 2, 3)
    assert chunk_shape((48, 48, 13, 1), 48) == (32, 32, 4, 1)


@pytest.mark.parametrize(("codec", "step"), [("zstd", 61), ("none", 131)])
def test_no_flipped_bit_is_read_as_data(codec: str, step: int) -> None:
    small = SampleArrays(
        bands={f"s{number}": np.full((4, 4, 1, 1), 7, np.uint8) for number in range(10)}
        | {"series": np.arange(4 * 4 * 6 * 2, dtype=np.uint16).reshape(4, 4, 6, 2)},
        present={"series": np.ones(6, bool)},
        timestamps=np.stack([np.ones(6, int), np.arange(6), np.full(6, 2020)], axis=1),
        latlon=np.array([1, 2], np.float32),
        location=Location("EPSG:32610", 1.0, 2.0, 10.0),
    )
    content = sample_bytes(small, 4, Compression.of(codec))
    expected, raised = read_all(content), 0
    for bit in range(codec == "none", len(content) * 8, step):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << (bit % 8)
        try:
            got = read_all(bytes(flipped))
        except (OSError, RuntimeError, KeyError, ValueError):
            raised += 1
        else:
            assert got == expected, f"bit {bit} of {len(content) * 8} changes what is read"
    assert raised > 300


def test_no_flipped_bit_of_pixels_is_read_as_data() -> None:
    content = sample_bytes(make_sample(), 64, Compression.of("zstd"))
    expected, rng = read_all(content), np.random.default_rng(7)
    for bit in rng.choice(len(content) * 8, 100, replace=False):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << (bit % 8)
        try:
            got = read_all(bytes(flipped))
        except (OSError, RuntimeError, KeyError, ValueError):
            continue
        assert got == expected


def test_finish_writes_what_the_files_hold(tmp_path: Path) -> None:
    writer = H5SetWriter(tmp_path, SENSORS, count=3, tile_size=64, subtiles=4, required=["srtm"])
    for index in (2, 0, 1):
        sample = make_sample(index)
        if index == 1:
            del sample.bands["naip_10"]
            sample.location = None
        writer.write(index, sample)
        assert not writer.is_finished
    (writer.folder / ".sample_1.h5.tmp-0123").write_bytes(b"left over by a killed process")
    assert writer.finish() == writer.folder and writer.is_finished
    rows = list(csv.reader((writer.folder / "sample_metadata.csv").read_text().splitlines()))
    assert rows == [
        ["sample_index", *sorted(SENSORS)],
        ["0", "1", "1", "1", "1"],
        ["1", "1", "0", "1", "1"],
        ["2", "1", "1", "1", "1"],
    ]
    latlon = np.load(writer.folder / "latlon_distribution.npy")
    assert latlon.dtype == np.float64
    np.testing.assert_array_equal(latlon, [[45.5, -120.25], [45.5, -119.25], [45.5, -118.25]])
    settings = json.loads((writer.folder / "compression_settings.json").read_text())
    assert settings == {"compression": "zstd", "compression_opts": 3, "shuffle": None}
    places = list(csv.DictReader((writer.folder / "sample_locations.csv").read_text().splitlines()))
    assert [place["sample_index"] for place in places] == ["0", "2"]
    assert places[1] == {
        "sample_index": "2", "crs": "EPSG:32610", "left": "500002.0", "top": "5040000.0", "gsd": "10.0"
    }  # fmt: skip
    assert read_record(writer.path(2), 2).location == make_sample(2).location
    assert sorted(path.name for path in writer.folder.iterdir() if path.name.startswith(".")) == []


def test_records_of_other_processes_finish_the_set_too(tmp_path: Path) -> None:
    one, two = (H5SetWriter(tmp_path / name, SENSORS, count=2, tile_size=64) for name in ("one", "two"))
    records = [one.write(index, make_sample(index)) for index in range(2)]
    one.finish(reversed(records))
    for index in range(2):
        two.write(index, make_sample(index))
    two.finish()
    for path in one.folder.iterdir():
        assert path.read_bytes() == (two.folder / path.name).read_bytes(), path.name


def test_an_unfinished_set_is_refused_and_has_no_metadata(tmp_path: Path) -> None:
    writer = H5SetWriter(tmp_path, SENSORS, count=3, tile_size=64)
    writer.write(1, make_sample())
    assert [writer.is_complete(index) for index in range(3)] == [False, True, False]
    with pytest.raises(DataError, match=r"2 of 3 samples are missing, first .*sample_0\.h5"):
        writer.finish()
    assert [path.name for path in writer.folder.iterdir()] == ["sample_1.h5"]


def test_arrays_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    writer = H5SetWriter(tmp_path, SENSORS, count=1, tile_size=64, required=["srtm"])

    def refused(message: str, **bands: np.ndarray) -> None:
        sample = make_sample()
        sample.bands.update(bands)
        with pytest.raises(DataError, match=message):
            writer.write(0, sample)

    refused("sample 0: srtm has 63 x 63 pixels", srtm=np.zeros((63, 63, 1, 1)))
    refused(r"srtm has the shape \[64, 64, 1\]", srtm=np.zeros((64, 64, 1)))
    refused("srtm has the data type object", srtm=np.full((64, 64, 1, 1), None))
    refused("sentinel2_l2a holds 9 steps, but its mask names 10", sentinel2_l2a=np.zeros((64, 64, 9, 3)))
    refused("'landsat' does not belong to this set", landsat=np.zeros((64, 64, 1, 1)))
    sample = make_sample()
    del sample.bands["srtm"]
    with pytest.raises(DataError, match="lacks the required sensor srtm"):
        writer.write(0, sample)
    assert not writer.folder.exists()


def test_settings_are_checked() -> None:
    with pytest.raises(UserError, match="unknown compression 'zip'"):
        H5SetWriter("/d", SENSORS, count=1, tile_size=64, compression="zip")
    with pytest.raises(UserError, match="gzip has no level 12"):
        H5SetWriter("/d", SENSORS, count=1, tile_size=64, compression="gzip", compression_opts=12)
    with pytest.raises(UserError, match="lz4 has no levels"):
        H5SetWriter("/d", SENSORS, count=1, tile_size=64, compression="lz4", compression_opts=3)
    with pytest.raises(UserError, match="required sensor 'cdl' is not among"):
        H5SetWriter("/d", SENSORS, count=1, tile_size=64, required=["cdl"])


def _write_forever(root: Path) -> None:
    writer = H5SetWriter(root, SENSORS, count=1000, tile_size=64)
    sample = make_sample()
    for index in range(1000):
        writer.write(index, sample)


def test_a_killed_writer_leaves_whole_files_only(tmp_path: Path) -> None:
    context, rng = multiprocessing.get_context("fork"), np.random.default_rng(1)
    expected = read_all(sample_bytes(make_sample(), 64, Compression.of("zstd")))
    for kill in range(6):
        root = tmp_path / str(kill)
        process = context.Process(target=_write_forever, args=(root,))
        process.start()
        deadline = time.monotonic() + 20
        while not list(root.glob("*/*/*/sample_0.h5")) and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.1))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        files = list(root.glob("*/*/*/sample_*.h5"))
        assert files and not list(root.glob("*/*/*/*.csv"))
        for path in files:
            assert read_all(path.read_bytes()) == expected
