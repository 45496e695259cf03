"""Archives of others, unpacked below one folder or not at all."""

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from spacenit_core.errors import DataError

_DAMAGED = (OSError, EOFError, RuntimeError, tarfile.TarError, zipfile.BadZipFile, zlib.error)
_HINT = "nothing of it was unpacked; get it again from its publisher"


def unpack(archive: Path, folder: Path) -> list[str]:
    """Unpack a tar or zip file.

    All of its members are looked at before the first is written: members that lie outside of the folder, links,
    devices, and names that occur twice are refused.

    Args:
        archive: the file.
        folder: where its members go; made where it is not there.

    Returns:
        The names of the files that were written.

    Raises:
        DataError: for what is no archive, is damaged, or has a member that is refused.
    """
    try:
        if zipfile.is_zipfile(archive):
            return _unpack_zip(archive, folder)
        return _unpack_tar(archive, folder)
    except _DAMAGED as error:
        raise DataError(f"{archive} cannot be unpacked: {error}", "get it again from its publisher") from error


def _unpack_tar(archive: Path, folder: Path) -> list[str]:
    with tarfile.open(archive) as file:
        members = file.getmembers()
        _check(archive, ((member.name, member.isfile() or member.isdir()) for member in members))
        folder.mkdir(parents=True, exist_ok=True)
        for member in members:
            file.extract(member, folder, filter="data")
    return [member.name for member in members if member.isfile()]


def _unpack_zip(archive: Path, folder: Path) -> list[str]:
    with zipfile.ZipFile(archive) as file:
        members = file.infolist()
        _check(archive, ((member.filename, _is_plain(member)) for member in members))
        folder.mkdir(parents=True, exist_ok=True)
        for member in members:
            file.extract(member, folder)
    return [member.filename for member in members if not member.is_dir()]


def _is_plain(member: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(member.external_attr >> 16)
    return kind in (0, stat.S_IFREG, stat.S_IFDIR)


def _check(archive: Path, members: Iterator[tuple[str, bool]]) -> None:
    seen: set[str] = set()
    for name, is_plain in members:
        path, foreign = PurePosixPath(name), PureWindowsPath(name)
        if path.is_absolute() or foreign.drive or foreign.root or ".." in (*path.parts, *foreign.parts):
            raise DataError(f"{archive}: its member {name!r} lies outside of the folder", _HINT)
        if not is_plain:
            raise DataError(f"{archive}: its member {name!r} is a link or a device", _HINT)
        key = str(path)
        if key in seen and not name.endswith("/") and key != ".":
            raise DataError(f"{archive}: its member {name!r} occurs twice", _HINT)
        seen.add(key)
