"""Names of rasters: paths of files, and what else GDAL opens: variables of a file, members of an archive, addresses."""

import re
from pathlib import Path

_VIRTUAL = re.compile(r"/vsi[a-z0-9_]+[/?]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+]*://", re.IGNORECASE)
_DRIVER = re.compile(r"[A-Za-z][A-Za-z0-9_]+:.")
_ON_DISK = {"zip", "tar", "gzip", "7z", "rar", "subfile", "sparse", "cached", "crypt", "file", "vrt"}
_NUMBERED = re.compile(r"(.+):(\d+)")


def is_gdal_name(name: str) -> bool:
    """Whether a name is no path, but one of GDAL's: `netcdf:FILE:VARIABLE`, `/vsizip/FILE/MEMBER`, `s3://...`.

    A file or folder of that very name is a path. So is a drive's letter, and a file with a band number (`a.tif:3`).
    """
    if _VIRTUAL.match(name) or _ADDRESS.match(name):
        return True
    return bool(_DRIVER.match(name)) and not _exists(name) and not _exists(split_band_number(name)[0])


def split_band_number(name: str) -> tuple[str, int | None]:
    """`a.tif:3` as file and band; whatever exists, or is one of GDAL's names without a number, comes back whole."""
    match = _NUMBERED.fullmatch(name)
    if match is None or _exists(name) or not match[1]:
        return name, None
    return match[1], int(match[2])


def quoted(name: str) -> str:
    """`driver:FILE:VARIABLE` as GDAL takes it where there are more colons: with the file in quotes."""
    driver, _, rest = name.partition(":")
    file, _, variable = rest.rpartition(":")
    return f'{driver}:"{file}":{variable}' if ":" in file and '"' not in file else name


def file_of(name: str) -> Path | None:
    """The file on disk that a name reads from; None where there is none (an address, or a file that is missing)."""
    place = _place_of_file(name, Path())
    return None if place is None else Path(name[place[0] : place[1]])


def exists(name: str) -> bool:
    """Whether there may be something to open: True for addresses, which only opening can tell."""
    return file_of(name) is not None or is_remote(name)


def resolved(name: str) -> str:
    """The name with the path of its file on disk, where it has one, made absolute and free of links."""
    path = file_of(name)
    if path is None:
        return name
    return name.replace(str(path), str(path.resolve())) if is_gdal_name(name) else str(path.resolve())


def is_remote(name: str) -> bool:
    """Whether a name leads to another machine or to memory, where no file can be looked at."""
    kinds = re.findall(r"/vsi([a-z0-9_]+)", name) if _VIRTUAL.match(name) else []
    schemes = [part.lower() for scheme in re.findall(r"([a-z][a-z0-9+]*)://", name, re.I) for part in scheme.split("+")]
    return not {*kinds, *schemes} <= _ON_DISK


def below(folder: Path, name: str) -> str:
    """The name with the path in it taken relative to a folder, where it is relative and the file is there."""
    if not is_gdal_name(name) or (folder / name).exists():
        return str(folder / name)
    place = _place_of_file(name, folder)
    if place is None:
        return name
    start, end = place
    return f"{name[:start]}{folder / name[start:end]}{name[end:]}"


def _place_of_file(name: str, folder: Path) -> tuple[int, int] | None:
    """Where in a name the path of a file stands: its first character and the one behind its last."""
    if (folder / name).exists():
        return 0, len(name)
    if not is_gdal_name(name) or is_remote(name):
        return None
    starts = [0, *(match.end() for match in re.finditer(r"[:/\"{]", name))]
    starts += [match.start() for match in re.finditer(r"/", name)]
    ends = [len(name), *(match.start() for match in re.finditer(r"[:/\"}!?,]", name))]
    spans = sorted(
        ((start, end) for start in set(starts) for end in set(ends) if start < end),
        key=lambda span: (span[0], -span[1]),
    )
    return next((span for span in spans if not name.startswith("//", span[0]) and _is_file(folder, name, span)), None)


def _is_file(folder: Path, name: str, span: tuple[int, int]) -> bool:
    try:
        return (folder / name[span[0] : span[1]]).is_file()
    except OSError:
        return False


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:
        return False
