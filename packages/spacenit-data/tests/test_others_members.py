"""What others keep in their files beside the sensors, and how they count months: read, or refused by name, by all."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from spacenit_core.errors import DataError, UserError
from spacenit_data.cli import data as data_command
from spacenit_data.convert.conversion import run
from spacenit_data.convert.prepare import from_set
from spacenit_data.convert.settings import ConvertSettings
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_data.months import MonthsFound
from spacenit_data.stats import compute_statistics
from spacenit_data.validate import validate_set
from spacenit_data.view import read_plotted

DATES = np.array([[1, 0, 2021], [15, 5, 2021], [31, 11, 2021]])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    writer = H5SetWriter(tmp_path_factory.mktemp("set"), ["sentinel1"], count=2, tile_size=8)
    for index in range(2):
        pixels = np.random.default_rng(index).normal(-12, 2, (8, 8, 3, 2)).astype(np.float32)
        latlon = np.array([47.0, 8.0 + index], np.float32)
        writer.write(
            index,
            SampleArrays(
                bands={"sentinel1": pixels}, present={"sentinel1": np.ones(3, bool)}, timestamps=DATES, latlon=latlon
            ),
        )
    writer.finish()
    return writer.folder


def changed(plain: Path, tmp_path: Path, change: Callable[[h5py.File], object]) -> Path:
    folder = tmp_path / "changed"
    shutil.copytree(plain, folder)
    for path in folder.glob("sample_*.h5"):
        with h5py.File(path, "r+") as file:
            change(file)
    return folder


def replace(name: str, values: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        if name in file:
            del file[name]
        file[name] = values

    return change


def with_dates(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[h5py.File], None]:
    return lambda file: replace("timestamps", change(file["timestamps"][()]))(file)


def readers(folder: Path, out: Path, **months: int) -> dict[str, Callable[[], object]]:
    """What each command does with sample 0: a result that a foreign member must not change."""
    settings = ConvertSettings(**months)
    new = lambda: H5Tiles(run(from_set(folder, out, settings)).folder, ["sentinel1"])  # noqa: E731
    return {
        "train": lambda: H5Tiles(folder, ["sentinel1"], **months).read_window(0).timestamps,
        "convert": lambda: new().read_window(0).timestamps,
        "view": lambda: read_plotted(folder, 0, **months).dates,
        "stats": lambda: [(item.sensor, item.mean) for item in compute_statistics(folder)],
    }


FOREIGN = {
    "group": lambda file: file.create_group("aux").create_dataset("note", data=1),
    "text": lambda file: file.create_dataset("scene_id", data=np.bytes_(b"S2A_X")),
    "long text": lambda file: file.create_dataset("note", data="ein Text", dtype=h5py.string_dtype()),
    "texts": lambda file: file.create_dataset("names", data=np.array([b"a", b"b"])),
    "number": lambda file: file.create_dataset("cloud_share", data=0.25),
    "numbers": lambda file: file.create_dataset("sun_angles", data=np.arange(3.0)),
    "nothing": lambda file: file.create_dataset("empty", data=h5py.Empty("f4")),
    "link": lambda file: file.__setitem__("elsewhere", h5py.ExternalLink("other.h5", "/x")),
    "dangling link": lambda file: file.__setitem__("gone", h5py.SoftLink("/nowhere")),
    "group of a sensor's name": lambda file: file.create_group("worldcover"),
    "text of a sensor's name": lambda file: file.create_dataset("openstreetmap_raster", data="a text"),
    "table": lambda file: file.create_dataset("table", data=np.zeros(2, [("a", "i4"), ("b", "f4")])),
    "mask": lambda file: file["missing_timesteps_masks"].create_dataset("aux", data=np.zeros(7)),
    "float dates": with_dates(lambda dates: dates.astype("f8")),
    "small dates": with_dates(lambda dates: dates.astype("i2")),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_members_change_nothing(plain: Path, tmp_path: Path, kind: str) -> None:
    folder = changed(plain, tmp_path, FOREIGN[kind])
    usual, found = readers(plain, tmp_path / "a"), readers(folder, tmp_path / "b")
    for name in usual:
        np.testing.assert_equal(found[name](), usual[name](), err_msg=name)
    report = validate_set(folder)
    assert report.ok and set(report.problems.counts) <= {"foreign"}, report.problems
    assert set(report.sensors) == {"sentinel1"}


COLUMNS = {
    "texts and shares": ("scene,clouds,year", ('"S2A, #1",0.25,2021', "S2B,0.5,2022"), 3),
    "numbers that begin like a mark": ("clouds,orbit", ("0,1", "0.4,A"), 2),
    "marks of another kind": ("is_train", ("1", "0"), 1),
    "marks without a one": ("is_test", ("0", "0"), 0),
    "a column without a name": ("", ("0", "1"), 1),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_foreign_columns_change_nothing(plain: Path, tmp_path: Path, kind: str) -> None:
    name, values, foreign = COLUMNS[kind]
    folder = changed(plain, tmp_path, lambda file: None)
    path = folder / "sample_metadata.csv"
    header, *rows = path.read_text().splitlines()
    lines = [f"{header},{name}", *(f"{row},{value}" for row, value in zip(rows, values, strict=True)), ""]
    path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
    usual, found = readers(plain, tmp_path / "a"), readers(folder, tmp_path / "b")
    for command in usual:
        np.testing.assert_equal(found[command](), usual[command](), err_msg=command)
    report = validate_set(folder)
    assert report.ok and report.problems.counts == ({"foreign": foreign} if foreign else {})


@pytest.mark.parametrize(
    "text", ["sample_index,SENTINEL1\n0.0,True\n1.0,TRUE\n", "sentinel1, sample_index\n1.0,0\n3,1\n"]
)
def test_metadata_may_be_written_otherwise(plain: Path, tmp_path: Path, text: str) -> None:
    folder = changed(plain, tmp_path, lambda file: None)
    (folder / "sample_metadata.csv").write_text(text)
    usual, found = readers(plain, tmp_path / "a"), readers(folder, tmp_path / "b")
    for command in usual:
        np.testing.assert_equal(found[command](), usual[command](), err_msg=command)
    assert validate_set(folder).ok


@pytest.mark.parametrize(("value", "said"), [("", "holds ''"), ("yes", "holds 'yes'"), ("-1", "holds '-1'")])
def test_a_sensor_is_there_or_not(plain: Path, tmp_path: Path, value: str, said: str) -> None:
    folder = changed(plain, tmp_path, lambda file: None)
    (folder / "sample_metadata.csv").write_text(f"sample_index,sentinel1\n0,1\n1,{value}\n")
    for command in ("train", "convert"):
        with pytest.raises(DataError, match=f"column sentinel1 {said}, not 0 or 1"):
            readers(folder, tmp_path / "out")[command]()
    assert not validate_set(folder).ok


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("sentinel1", lambda file: [file.__delitem__("sentinel1"), file.create_group("sentinel1")]),
        ("sentinel1", replace("sentinel1", np.bytes_(b"text"))),
        ("timestamps", lambda file: [file.__delitem__("timestamps"), file.create_group("timestamps")]),
        ("timestamps", replace("timestamps", np.array([[b"1", b"2", b"2021"]]))),
        ("timestamps", with_dates(lambda dates: dates + 0.5)),
        ("timestamps", with_dates(lambda dates: dates.astype("i1"))),
        ("timestamps", with_dates(lambda dates: dates - np.array([0, 0, 2000]))),
        (
            "sentinel1",
            lambda file: [file.move("sentinel1", "mine"), replace("sentinel1", h5py.SoftLink("/mine"))(file)],
        ),
        ("timestamps", with_dates(lambda dates: np.where(dates == 0, np.nan, dates))),
        ("missing_timesteps_masks", replace("missing_timesteps_masks", np.ones(3))),
        ("missing_timesteps_masks/sentinel1", replace("missing_timesteps_masks/sentinel1", np.ones((3, 1), bool))),
    ],
)
def test_members_that_should_be_arrays_are_named(
    plain: Path, tmp_path: Path, member: str, change: Callable[[h5py.File], object]
) -> None:
    folder = changed(plain, tmp_path, change)
    for name, read in readers(folder, tmp_path / "out").items():
        if name == "stats" and member != "sentinel1":
            continue  # which reads neither dates nor masks
        with pytest.raises(DataError, match=member):
            read()
    assert not validate_set(folder).ok


def test_a_centre_may_be_unknown(plain: Path, tmp_path: Path) -> None:
    folder = changed(plain, tmp_path, lambda file: file.__delitem__("latlon"))
    for name, read in readers(folder, tmp_path / "out").items():
        assert read() is not None, name


def test_unlisted_arrays_count_where_nothing_is_listed(plain: Path, tmp_path: Path) -> None:
    folder = changed(plain, tmp_path, lambda file: file.create_dataset("mine", data=np.ones((8, 8, 1, 1))))
    assert [item.sensor for item in compute_statistics(folder)] == ["sentinel1"]
    (folder / "sample_metadata.csv").unlink()
    assert [item.sensor for item in compute_statistics(folder)] == ["mine", "sentinel1"]


def from_one(dates: np.ndarray) -> np.ndarray:
    return dates + np.array([0, 1, 0], dates.dtype)


def test_months_counted_from_1_are_found_and_read_with_the_option(plain: Path, tmp_path: Path) -> None:
    folder = changed(plain, tmp_path, with_dates(from_one))
    assert H5Tiles(plain, ["sentinel1"]).checked_months() == "months count from 0 (0 to 11)"
    dataset = H5Tiles(folder, ["sentinel1"])
    for refusal in (
        dataset.checked_months,
        lambda: dataset.tile_size,
        lambda: from_set(folder, tmp_path / "no", ConvertSettings()),
    ):
        with pytest.raises(UserError, match=r"(?s)count from 1 \(1 to 12\), but are read as from 0.*months_from=1"):
            refusal()
    with pytest.raises(DataError) as late:
        dataset.read_window(0)
    assert "months_from=1" in str(late.value) and "skip" not in str(late.value)
    for name, read in readers(folder, tmp_path / "out", months_from=1).items():
        np.testing.assert_equal(read(), readers(plain, tmp_path / "usual")[name](), err_msg=name)
    report = validate_set(folder)
    assert report.problems.counts == {"months": 1}
    assert validate_set(folder, months_from=1).ok
    with pytest.raises(UserError, match="count from 0"):
        H5Tiles(plain, ["sentinel1"], months_from=1).checked_months()


def test_a_picture_is_not_drawn_a_month_off(plain: Path, tmp_path: Path) -> None:
    # April 30 and August 31, counted from 1: read from 0 the first is May 30, and the second is no day.
    late = np.array([[31, 1, 2021], [30, 4, 2021], [31, 8, 2021]])
    folder = changed(plain, tmp_path, with_dates(lambda dates: late))
    with pytest.raises(UserError, match=r"sample_1\.h5: months count from 1"):
        read_plotted(folder, 1)
    assert read_plotted(folder, 1, months_from=1).dates == ("2021-01-31", "2021-04-30", "2021-08-31")


def test_the_command_says_how_months_are_counted(plain: Path, tmp_path: Path) -> None:
    folder = changed(plain, tmp_path, with_dates(from_one))
    seen = CliRunner().invoke(data_command, ["validate", str(plain), "--workers", "1"])
    assert seen.exit_code == 0 and "dates: months count from 0 (0 to 11)" in seen.output
    seen = CliRunner().invoke(data_command, ["validate", str(folder), "--workers", "1"])
    assert seen.exit_code == 1 and "months count from 1 (1 to 12), but are read as from 0" in seen.output
    seen = CliRunner().invoke(data_command, ["validate", str(folder), "--workers", "1", "--months-from", "1"])
    assert seen.exit_code == 0


@pytest.mark.parametrize(
    ("dates", "counted_from", "words"),
    [
        ([(1, 0, 2021), (1, 5, 2021)], 0, "count from 0 (0 to 5)"),
        ([(1, 12, 2021), (1, 5, 2021)], 1, "count from 1 (5 to 12)"),
        ([(31, 3, 2021)], 1, "count from 1 (all 3)"),
        ([(31, 2, 2021)], 0, "count from 0 (all 2)"),
        ([(1, 4, 2021), (1, 8, 2021)], None, "are 4 to 8, which fits counting from 0 and from 1: read as from 0"),
        ([(1, 0, 2021), (1, 12, 2021)], None, "impossible counted from 0 and from 1"),
    ],
)
def test_what_dates_say_about_months(dates: list, counted_from: int | None, words: str) -> None:
    found = MonthsFound.of(np.array(dates))
    assert found.counted_from == counted_from and words in found.sentence(0)


@pytest.mark.parametrize("access", [{}, {"locking": True}, {"locking": False}, {"mode": "r+"}])
def test_files_that_this_process_has_open_are_read(plain: Path, tmp_path: Path, access: dict) -> None:
    folder = changed(plain, tmp_path, lambda file: None)
    usual = readers(plain, tmp_path / "a")
    with h5py.File(folder / "sample_0.h5", **{"mode": "r", **access}) as file:
        for name, read in readers(folder, tmp_path / "b").items():
            np.testing.assert_equal(read(), usual[name](), err_msg=name)
        assert validate_set(folder).ok
        assert file["timestamps"][0, 2] == 2021


def test_a_file_that_another_process_writes_to_is_not_called_damaged(plain: Path, tmp_path: Path) -> None:
    folder = changed(plain, tmp_path, lambda file: None)
    writing = "import h5py, sys; f = h5py.File(sys.argv[1], 'r+', locking=False); print(1, flush=True); input()"
    path = folder / "sample_0.h5"
    command = [sys.executable, "-c", writing, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        for name in ("train", "view"):
            with pytest.raises(DataError, match="open for writing elsewhere"):
                readers(folder, tmp_path / "out")[name]()
        process.kill()


def test_samples_that_changed_since_they_were_converted_are_noticed(plain: Path, tmp_path: Path) -> None:
    folder = changed(plain, tmp_path, lambda file: None)
    again = lambda: run(from_set(folder, tmp_path / "new", ConvertSettings())).written  # noqa: E731
    assert again() == 2 and again() == 0
    path = folder / "sample_0.h5"
    stat = path.stat()
    with h5py.File(path, "r+") as file:
        file["sentinel1"][...] = -7
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(UserError, match=r"changed since: those of 1 of 2 sources, first sample 0"):
        again()
