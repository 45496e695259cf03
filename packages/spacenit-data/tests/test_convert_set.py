"""Rewriting of other sets: what they hold is what comes out, in our layout; sub-tiles; bad input."""

import csv
import shutil
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest
from rasterio.warp import transform

from spacenit_core.errors import DataError, UserError
from spacenit_data.convert.conversion import run
from spacenit_data.convert.cutting import cut
from spacenit_data.convert.prepare import from_set
from spacenit_data.convert.report import ConversionReport
from spacenit_data.convert.settings import ConvertSettings
from spacenit_data.h5.compression import Compression
from spacenit_data.h5.sample import Location, SampleArrays
from spacenit_data.sample_set import sample_numbers

from .converting import MADE_UP

SIDE = 64
NAMES = ("era5_10", "naip_10", "sentinel1", "sentinel2_l2a", "srtm")


def foreign_sample(number: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Arrays and masks as other converters write them: no mask for weather, a map without an axis of time."""
    rng = np.random.default_rng(number)
    months = rng.random(12) < 0.7
    months[number % 12] = True
    arrays = {
        "latlon": np.array([10.0 + number, 20.0], np.float32),
        "timestamps": np.stack([np.ones(12, int), np.arange(12), np.full(12, 2020)], axis=1),
        "sentinel2_l2a": rng.integers(0, 9000, (SIDE, SIDE, int(months.sum()), 12), np.uint16),
        "srtm": rng.integers(0, 3000, (SIDE, SIDE, 1), np.int16),
        "naip_10": rng.integers(0, 255, (SIDE * 4, SIDE * 4, 1, 4), np.uint8),
        "era5_10": rng.normal(size=(12, 6)).astype(np.float32),
    }
    masks = {"sentinel2_l2a": months}
    if number % 2:
        arrays["sentinel1"] = rng.normal(-15, 3, (SIDE, SIDE, 12, 2)).astype(np.float32)
        masks["sentinel1"] = np.ones(12, bool)
        del arrays["srtm"]
    return arrays, masks


def write_foreign(path: Path, arrays: dict[str, np.ndarray], masks: dict[str, np.ndarray]) -> None:
    """Whole-array chunks, no checksums."""
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file.create_dataset(name, data=values, chunks=values.shape, **hdf5plugin.Zstd(clevel=3))
        for name, mask in masks.items():
            file.create_dataset(f"missing_timesteps_masks/{name}", data=mask)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A set of five samples."""
    folder = tmp_path / "foreign" / "5"
    folder.mkdir(parents=True)
    lines = ["sample_index," + ",".join(NAMES)]
    for number in range(5):
        arrays, masks = foreign_sample(number)
        write_foreign(folder / f"sample_{number}.h5", arrays, masks)
        lines.append(",".join([str(number), *(str(int(name in arrays)) for name in NAMES)]))
    (folder / "sample_metadata.csv").write_text("\n".join(lines) + "\n")
    return folder


def rewrite(folder: Path, out: Path, **settings: object) -> ConversionReport:
    """Rewrite a set in this process."""
    return run(from_set(folder, out, ConvertSettings(**settings, units=MADE_UP)))


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_everything_comes_out_as_it_was(foreign: Path, tmp_path: Path, codec: str) -> None:
    report = rewrite(foreign, tmp_path / "out", compression=Compression.of(codec))
    assert report.folder.name == "5" and report.folder.parent.name == "_".join(NAMES)
    assert sample_numbers(report.folder) == list(range(5))
    for number in range(5):
        arrays, masks = foreign_sample(number)
        with h5py.File(report.folder / f"sample_{number}.h5") as file:
            assert set(file) == {*arrays, "missing_timesteps_masks"}
            for name, values in arrays.items():
                stored = file[name]
                assert stored.chunks is not None and stored.fletcher32
                expected = values[:, :, None] if name == "srtm" else values
                np.testing.assert_array_equal(stored[()], expected)
                assert name == "timestamps" or stored.dtype == values.dtype
            assert set(file["missing_timesteps_masks"]) == set(masks)
            for name, mask in masks.items():
                np.testing.assert_array_equal(file["missing_timesteps_masks"][name], mask)
            assert file["sentinel2_l2a"].chunks[:2] == (32, 32) and file["naip_10"].chunks == (128, 128, 1, 4)
    rows = list(csv.reader((report.folder / "sample_metadata.csv").read_text().splitlines()))
    assert rows == list(csv.reader((foreign / "sample_metadata.csv").read_text().splitlines()))


def test_chosen_and_required_sensors(foreign: Path, tmp_path: Path) -> None:
    report = rewrite(foreign, tmp_path / "out", sensors=("SRTM", "sentinel1"))
    assert report.samples == 5 and report.per_sensor == {"sentinel1": 2, "srtm": 3}
    report = rewrite(foreign, tmp_path / "out", sensors=("srtm", "naip_10"), required=("srtm",))
    assert report.folder.parts[-2:] == ("naip_10_srtm_required_srtm", "3") and report.left_out == {"no srtm": 2}
    with h5py.File(report.folder / "sample_1.h5") as file:
        np.testing.assert_array_equal(file["naip_10"], foreign_sample(2)[0]["naip_10"])
    report = rewrite(foreign, tmp_path / "out", sensors=("sentinel1",))
    assert report.samples == 2 and report.left_out == {"none of the sensors": 3}


def test_our_own_sets_keep_their_places_and_bytes(foreign: Path, tmp_path: Path) -> None:
    first = rewrite(foreign, tmp_path / "one")
    second = rewrite(first.folder, tmp_path / "two")
    for path in first.folder.iterdir():
        if path.name != "conversion.json":
            assert path.read_bytes() == (second.folder / path.name).read_bytes(), path.name


def test_sub_tiles(foreign: Path, tmp_path: Path) -> None:
    report = rewrite(foreign, tmp_path / "out", tile_size=32)
    assert report.samples == 20
    for number in (0, 3):
        arrays, _ = foreign_sample(number)
        lat, lon = (float(value) for value in arrays["latlon"])
        zone = f"EPSG:{32600 + int((lon + 180) // 6) + 1}"
        (x,), (y,) = transform("EPSG:4326", zone, [lon], [lat])
        for piece, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
            with h5py.File(report.folder / f"sample_{4 * number + piece}.h5") as file:
                for name, size in (("sentinel2_l2a", 32), ("naip_10", 128)):
                    part = arrays[name][row * size : (row + 1) * size, column * size : (column + 1) * size]
                    np.testing.assert_array_equal(file[name], part)
                np.testing.assert_array_equal(file["era5_10"], arrays["era5_10"])
                (u,), (v,) = transform("EPSG:4326", zone, [float(file["latlon"][1])], [float(file["latlon"][0])])
                # Half a piece of 320 m from the middle of the whole.
                assert abs(u - x - (160 if column else -160)) < 1.5 and abs(y - v - (160 if row else -160)) < 1.5
                assert "crs" not in file.attrs
    with pytest.raises(UserError, match="cannot be cut into samples of 48 x 48"):
        rewrite(foreign, tmp_path / "out", tile_size=48)


def test_pieces_of_a_known_place_know_theirs() -> None:
    whole = SampleArrays(
        bands={"srtm": np.zeros((64, 64, 1, 1))},
        timestamps=np.array([[1, 0, 2020]]),
        latlon=np.array([0, 0], np.float32),
        location=Location("EPSG:32733", 500000, 6000000, 10),
    )
    pieces = cut(whole, 64, 16, 10.0)
    assert len(pieces) == 16
    assert pieces[6].location == Location("EPSG:32733", 500000 + 2 * 160, 6000000 - 160, 10)
    (lon,), (lat,) = transform("EPSG:32733", "EPSG:4326", [500000 + 400], [6000000 - 240])
    np.testing.assert_allclose(pieces[6].latlon, [lat, lon], atol=1e-5)


def test_nan_drops_the_sensor(foreign: Path, tmp_path: Path) -> None:
    arrays, masks = foreign_sample(1)
    arrays["sentinel1"][3, 4, 5, 1] = np.nan
    write_foreign(foreign / "sample_1.h5", arrays, masks)
    report = rewrite(foreign, tmp_path / "out")
    assert report.dropped == {"sentinel1": {"NaN or infinite pixels": 1}} and report.per_sensor["sentinel1"] == 1
    with h5py.File(report.folder / "sample_1.h5") as file:
        assert "sentinel1" not in file and "sentinel1" not in file["missing_timesteps_masks"]


def test_damaged_samples_are_named(foreign: Path, tmp_path: Path) -> None:
    victim = foreign / "sample_2.h5"
    whole = victim.read_bytes()
    arrays, masks = foreign_sample(2)

    def refused(message: str) -> None:
        with pytest.raises(DataError, match=message):
            rewrite(foreign, tmp_path / "out")
        assert not list((tmp_path / "out").glob("*/*/*/sample_*"))

    victim.write_bytes(whole[: len(whole) // 2])
    refused(f"{victim} cannot be read")
    victim.unlink()
    refused(f"{victim} does not exist")
    write_foreign(victim, {k: v for k, v in arrays.items() if k != "srtm"}, masks)
    refused(f"{victim} has no srtm, though sample_metadata.csv says so")
    write_foreign(victim, arrays | {"srtm": arrays["srtm"][:50, :50]}, masks)
    refused(f"{victim}: srtm has 50 x 50 pixels")
    write_foreign(victim, arrays, {"sentinel2_l2a": ~masks["sentinel2_l2a"]})
    refused(f"{victim}: sentinel2_l2a holds .* steps, but its mask names")
    report = rewrite(foreign, tmp_path / "skipped", on_error="skip")
    assert (report.samples, report.failed) == (4, 1) and "sample 2" in report.failures[0]
    victim.write_bytes(whole)
    assert rewrite(foreign, tmp_path / "skipped", on_error="skip").samples == 5


def test_a_damaged_first_sample_is_left_out_like_any_other(foreign: Path, tmp_path: Path) -> None:
    victim = foreign / "sample_0.h5"
    victim.write_bytes(victim.read_bytes()[:1000])
    with pytest.raises(DataError, match=f"{victim} cannot be read"):
        rewrite(foreign, tmp_path)
    report = rewrite(foreign, tmp_path, on_error="skip")
    assert (report.samples, report.failed) == (4, 1) and "sample 0" in report.failures[0]
    for path in foreign.glob("*.h5"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match=f"{victim} cannot be read"):
        rewrite(foreign, tmp_path, on_error="skip")


def test_mistakes(foreign: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--from-h5 needs --out"):
        from_set(foreign, None, ConvertSettings())
    with pytest.raises(UserError, match=r"has no sensor 'sentinel2'\n.*did you mean .*sentinel2_l2a"):
        rewrite(foreign, tmp_path, sensors=("sentinel2",))
    with pytest.raises(UserError, match="'srtm' is not converted"):
        rewrite(foreign, tmp_path, sensors=("naip_10",), required=("srtm",))
    (foreign / "sample_metadata.csv").write_text("sample_index,srtm\n0,yes\n")
    with pytest.raises(DataError, match=r"sample_metadata\.csv cannot be read"):
        rewrite(foreign, tmp_path)
    shutil.rmtree(foreign)
    with pytest.raises(UserError, match="there is no folder"):
        rewrite(foreign, tmp_path)


def test_a_set_is_not_written_over_itself(foreign: Path, tmp_path: Path) -> None:
    first = rewrite(foreign, tmp_path / "out")
    with pytest.raises(UserError, match="written over by its own conversion"):
        rewrite(first.folder, tmp_path / "out")
