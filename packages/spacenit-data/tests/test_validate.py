"""Every fault of a set has a check of its own that names the file."""

import csv
import datetime as dt
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data.cli.validate import validate
from spacenit_data.h5.writer import H5SetWriter, Location, SampleArrays
from spacenit_data.tile.grid import Grid
from spacenit_data.tile.ground import utm
from spacenit_data.validate import CHECKS, ValidationReport, validate_set

OPTICAL = SensorSpec(
    name="optical",
    band_groups=(BandGroup(bands=("red", "nir"), gsd=10.0),),
    temporal=True,
    value_range=(0.0, 10000.0),
)
CODES = SensorSpec(name="codes", band_groups=(BandGroup(bands=("code",), gsd=10.0),), temporal=False)
SPECS = (OPTICAL, CODES)
NAME = "sample_1.h5"


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    """Four good samples; the third lacks the second sensor."""
    rng = np.random.default_rng(0)
    writer = H5SetWriter(tmp_path_factory.mktemp("set"), ["optical", "codes"], count=4, tile_size=16)
    grid = Grid(utm(46.0, 14.0), 5e5, 5.1e6, 10.0, 64, 64)
    for index in range(4):
        bands = {"optical": rng.integers(1, 9000, (16, 16, 2, 2)).astype(np.float32)}
        bands["optical"][0, 0] = -99999
        if index != 2:
            bands["codes"] = rng.integers(1, 5, (16, 16, 1, 1)).astype(np.float32)
        days = [dt.date(2020, 1, 31), dt.date(2020, 2, 29), dt.date(2020, 12, 1)]
        sample = SampleArrays(
            bands=bands,
            present={"optical": np.array([True, False, True])},
            timestamps=np.array([[day.day, day.month - 1, day.year] for day in days], np.int32),
            latlon=np.array(grid.latlon(8, 16 * index + 8), np.float32),
            location=Location("EPSG:32633", 5e5 + 160 * index, 5.1e6, 10.0),
        )
        writer.write(index, sample)
    return writer.finish()


@pytest.fixture
def folder(original, tmp_path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "set"))


def check(folder: Path, **options) -> ValidationReport:
    return validate_set(folder, specs=SPECS, **options)


def found(report: ValidationReport) -> dict[str, str]:
    """Check -> file of the first problem."""
    return {name: problems[0].file for name, problems in report.problems.examples.items()}


def replace(file: h5py.File, name: str, values: np.ndarray) -> None:
    if name in file:
        del file[name]
    file[name] = values


def test_a_good_set_has_no_problems(original):
    report = check(original)
    assert found(report) == {} and report.ok
    assert (report.samples, report.checksummed) == (4, 4)
    optical = report.sensors["optical"]
    assert (optical.files, optical.values, optical.missing) == (4, 4 * 16 * 16 * 4, 16)
    assert report.sensors["codes"].files == 3 and optical.shapes == {(16, 16, 2): 4}
    assert check(original.parent.parent.parent, quick=True).ok


PIXELS: list[tuple[str, Callable[[h5py.File], object]]] = [
    ("nan", lambda file: file["optical"].__setitem__((3, 3, 0, 0), np.nan)),
    ("infinite", lambda file: file["optical"].__setitem__((3, 3, 0, 0), -np.inf)),
    ("range", lambda file: file["optical"].__setitem__(..., file["optical"][...] * 1e4)),
    ("outliers", lambda file: file["optical"].__setitem__((3, 3, 0, 0), 1e6)),
    ("empty", lambda file: file["codes"].__setitem__(..., -99999)),
    ("empty", lambda file: replace(file, "codes", np.zeros((0, 0, 1, 1), np.float32))),
]
STRUCTURE: list[tuple[str, Callable[[h5py.File], object]]] = [
    ("type", lambda file: replace(file, "codes", np.full((16, 16, 1, 1), b"a"))),
    ("shape", lambda file: replace(file, "optical", np.ones((16, 16, 2, 3), np.float32))),
    ("shape", lambda file: replace(file, "optical", np.ones((16, 12, 2, 2), np.float32))),
    ("shape", lambda file: replace(file, "codes", np.ones((8, 8, 1, 1), np.float32))),
    ("shape", lambda file: replace(file, "codes", np.ones((16, 16, 2, 1), np.float32))),
    ("mixed-types", lambda file: replace(file, "codes", np.ones((16, 16, 1, 1), np.int16))),
    ("steps", lambda file: replace(file, "optical", np.ones((16, 16, 3, 2), np.float32))),
    ("steps", lambda file: replace(file, "missing_timesteps_masks/optical", np.ones(2, bool))),
    ("layout", lambda file: file.__delitem__("latlon")),
    ("layout", lambda file: [file.__delitem__("codes"), file.create_group("codes")]),
    (
        "link",
        lambda file: [file.__delitem__("codes"), file.__setitem__("codes", h5py.ExternalLink("/etc/passwd", "/"))],
    ),
    ("link", lambda file: [file.__delitem__("codes"), file.__setitem__("codes", h5py.SoftLink("/optical"))]),
    (
        "size",
        lambda file: [
            file.__delitem__("codes"),
            file.create_dataset("codes", (2**40, 16, 1, 1), "f4", chunks=(16, 16, 1, 1)),
        ],
    ),
    ("date", lambda file: file["timestamps"].__setitem__((0, 1), 12)),
    ("date", lambda file: file["timestamps"].__setitem__((0, 1), -1)),
    ("date", lambda file: file["timestamps"].__setitem__((1, 0), 30)),
    ("date", lambda file: file["timestamps"].__setitem__((0, 2), 20)),
    ("date", lambda file: replace(file, "timestamps", np.zeros((3, 2), int))),
    ("date-order", lambda file: file["timestamps"].__setitem__(..., file["timestamps"][:][::-1])),
    ("repeated-date", lambda file: file["timestamps"].__setitem__(1, file["timestamps"][0])),
    ("latlon", lambda file: file["latlon"].__setitem__(..., [200.0, 14.0])),
    ("location", lambda file: file["latlon"].__setitem__(..., file["latlon"][:][::-1])),
    ("latlon-file", lambda file: file["latlon"].__setitem__(0, 45.0)),
    ("foreign", lambda file: replace(file, "mystery", np.ones((16, 16, 1, 1), np.float32))),
    ("csv", lambda file: replace(file, "srtm", np.ones((16, 16, 1, 1), np.float32))),
    ("csv", lambda file: file.__delitem__("codes")),
]


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(("name", "spoil"), STRUCTURE)
def test_faults_of_structure_are_found_by_both_checks(folder, name, spoil, quick):
    with h5py.File(folder / NAME, "r+") as file:
        spoil(file)
    report = check(folder, quick=quick)
    assert found(report).get(name, "").startswith(NAME), found(report)
    assert report.ok == (CHECKS[name][0] == "warning") or len(report.problems.counts) > 1


@pytest.mark.parametrize(("name", "spoil"), PIXELS)
def test_faults_of_pixels_are_found(folder, name, spoil):
    with h5py.File(folder / NAME, "r+") as file:
        spoil(file)
    assert found(check(folder))[name] == NAME


def test_files_that_cannot_be_opened(folder):
    (folder / "sample_0.h5").write_bytes((folder / "sample_0.h5").read_bytes()[:-100])
    (folder / "sample_2.h5").write_text("no H5 file")
    report = check(folder, quick=True)
    assert [problem.file for problem in report.problems.examples["unreadable"]] == ["sample_0.h5", "sample_2.h5"]


def test_no_flipped_bit_goes_unnoticed(folder):
    path, rng = folder / NAME, np.random.default_rng(7)
    whole = path.read_bytes()
    with h5py.File(path) as file:
        before = {name: file[name][()] for name in ("optical", "codes", "latlon", "timestamps")}
    unnoticed = 0
    for _ in range(80):
        place, bit = int(rng.integers(len(whole))), int(rng.integers(8))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
        if not check(folder).ok:
            continue
        # Bytes that nothing refers to may change; what is read may not.
        with h5py.File(path) as file:
            unnoticed += any(not np.array_equal(file[name][()], values) for name, values in before.items())
    assert unnoticed == 0


def test_metadata_that_is_missing_or_disagrees(folder):
    (folder / "latlon_distribution.npy").unlink()
    (folder / "compression_settings.json").write_text("{")
    rows = list(csv.reader((folder / "sample_metadata.csv").read_text().splitlines()))
    rows[1], rows[3] = rows[2], ["7", "1", "1"]
    (folder / "sample_metadata.csv").write_text("\n".join(",".join(row) for row in rows))
    report = check(folder)
    assert {problem.file for problem in report.problems.examples["metadata"]} == {
        "latlon_distribution.npy",
        "compression_settings.json",
    }
    said = [f"{problem.file} {problem.what}" for problem in report.problems.examples["csv"]]
    assert "sample_metadata.csv lists sample 1 more than once" in said
    assert "sample_7.h5 is listed, but there is no such file" in said
    assert "sample_0.h5 is not listed" in said and "sample_2.h5 is not listed" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sample_metadata.csv", "sample_index,sentinel1\n0,yes\n"),
        ("sample_metadata.csv", "index\n"),
        ("sample_metadata.csv", ""),
        ("latlon_distribution.npy", "not numpy"),
        ("sample_locations.csv", "sample_index,crs\n0,EPSG:1\n"),
    ],
)
def test_metadata_that_cannot_be_read(folder, name, content):
    (folder / name).write_text(content)
    assert found(check(folder))["metadata"] == name


def test_a_listed_sensor_that_no_plugin_declares_is_said(folder):
    for path in folder.glob("sample_*.h5"):
        with h5py.File(path, "r+") as file:
            replace(file, "mystery", np.ones((16, 16, 1, 1), np.float32))
    lines = (folder / "sample_metadata.csv").read_text().splitlines()
    text = "\n".join(f"{line},{'mystery' if number == 0 else 1}" for number, line in enumerate(lines))
    (folder / "sample_metadata.csv").write_text(text)
    assert set(found(check(folder))) == {"unknown-sensor"}


def test_a_second_copy_of_a_sample_is_noticed(folder):
    shutil.copy(folder / "sample_0.h5", folder / "sample_3.h5")
    report = check(folder)
    assert found(report)["repeated-sample"] == "sample_3.h5"


def test_recorded_hashes_find_flips_in_files_without_checksums(folder):
    for number in range(4):
        with h5py.File(folder / f"sample_{number}.h5", "r+") as file:
            stored = file["optical"][:]
            del file["optical"]
            file["optical"] = stored
    first = check(folder, record=True)
    assert first.ok and first.checksummed == 0 and first.sidecar == folder / "SHA256SUMS"
    assert check(folder).recorded == 8
    path = folder / NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert found(check(folder))["recorded-hash"] == NAME
    again = check(folder, record=True)
    assert again.sidecar is None, "damage must not be recorded over the truth"
    path.unlink()
    assert "is gone" in check(folder).problems.examples["recorded-hash"][0].what


def test_the_sidecar_is_understood_by_sha256sum_and_may_lie_elsewhere(folder, tmp_path):
    sidecar = tmp_path / "sums.txt"
    check(folder, record=True, sidecar=sidecar)
    assert not (folder / "SHA256SUMS").exists()
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--quiet", "--check", str(sidecar)], cwd=folder, check=True)
    sidecar.write_text("nonsense\n")
    with pytest.raises(DataError, match="line 1"):
        check(folder, sidecar=sidecar)


def test_folders_without_a_set(tmp_path, folder):
    with pytest.raises(UserError, match="there is no folder"):
        check(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no samples"):
        check(tmp_path / "empty")
    shutil.copytree(folder, tmp_path / "other")
    with pytest.raises(UserError, match="holds 2 sets"):
        check(tmp_path)
    with pytest.raises(UserError, match="--quick reads no pixels"):
        check(folder, quick=True, record=True)


def test_worker_processes_find_the_same(folder, monkeypatch):
    monkeypatch.setattr("spacenit_data.pool.ITEMS_PER_WORKER", 1)
    for number in range(4, 40):
        shutil.copy(folder / f"sample_{number % 4}.h5", folder / f"sample_{number}.h5")
    (folder / "sample_20.h5").write_text("")
    one, two = (check(folder, workers=workers) for workers in (1, 2))
    assert one == two and one.problems.counts["unreadable"] == 1


def test_the_command_reports_and_exits_with_1(folder):
    runner = CliRunner()
    good = runner.invoke(validate, [str(folder), "--workers", "1"])
    # The sensors of these tests are not installed.
    assert good.exit_code == 0 and "unknown-sensor" in good.output and "4 samples" in good.output
    assert runner.invoke(validate, [str(folder), "--strict", "--workers", "1"]).exit_code == 1
    (folder / NAME).write_bytes(b"")
    bad = runner.invoke(validate, [str(folder), "--workers", "1"])
    assert bad.exit_code == 1 and NAME in bad.output and "unreadable" in bad.output
    data = json.loads(runner.invoke(validate, [str(folder), "--json", "--workers", "1"]).output)
    assert data["ok"] is False and data["counts"]["unreadable"] == 1
    assert {"check", "file", "what", "severity"} <= data["problems"][0].keys()
