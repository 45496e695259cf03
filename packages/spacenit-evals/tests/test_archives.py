"""Archives are unpacked below one folder, or not at all."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.archives import unpack


def tar_of(path: Path, members: dict[str, bytes | tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(("write", "name"), [(tar_of, "set.tar.gz"), (zip_of, "set.zip")])
def test_plain_files_are_unpacked(write: Callable[[Path, dict[str, bytes]], Path], name: str, tmp_path: Path) -> None:
    archive = write(tmp_path / name, {"windows/a/metadata.json": b"{}", "dataset/config..json": b"1"})
    assert unpack(archive, tmp_path / "out") == ["windows/a/metadata.json", "dataset/config..json"]
    assert (tmp_path / "out/windows/a/metadata.json").read_bytes() == b"{}"


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ({"../outside": b"x"}, "lies outside of the folder"),
        ({"in/../../outside": b"x"}, "lies outside of the folder"),
        ({"/tmp/outside": b"x"}, "lies outside of the folder"),
        ({"C:\\outside": b"x"}, "lies outside of the folder"),
        ({"link": link("link", "/etc/passwd")}, "is a link or a device"),
        ({"link": link("link", "inside", tarfile.LNKTYPE)}, "is a link or a device"),
        ({"pipe": link("pipe", "", tarfile.FIFOTYPE)}, "is a link or a device"),
    ],
)
def test_tars_that_reach_outside_are_refused_whole(
    member: dict[str, bytes | tarfile.TarInfo], text: str, tmp_path: Path
) -> None:
    archive = tar_of(tmp_path / "set.tar", {"inside": b"1", **member})
    with pytest.raises(DataError, match=text):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists() and not (tmp_path / "outside").exists()


@pytest.mark.parametrize("name", ["../outside", "/outside", "..\\outside", "a/../../outside"])
def test_zips_that_reach_outside_are_refused_whole(name: str, tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "set.zip", {"inside": b"1", name: b"x"})
    with pytest.raises(DataError, match="lies outside of the folder\n  nothing of it was unpacked"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_links_in_zips_are_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="is a link or a device"):
        unpack(tmp_path / "set.zip", tmp_path / "out")


def test_damaged_archives_and_names_that_occur_twice_are_refused(tmp_path: Path) -> None:
    (tmp_path / "set.tar").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"set.tar cannot be unpacked"):
        unpack(tmp_path / "set.tar", tmp_path / "out")
    whole = tar_of(tmp_path / "whole.tar", {"a": b"x" * 5000})
    whole.write_bytes(whole.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"whole.tar cannot be unpacked"):
        unpack(whole, tmp_path / "out")
    with pytest.raises(DataError, match="occurs twice"):
        unpack(tar_of(tmp_path / "two.tar", {"a": b"1", "./a": b"2"}), tmp_path / "out")
