"""What a file holds that cannot be opened by the name it was given: members of an archive, variables."""

import tarfile
import zipfile
from pathlib import Path

from rasterio.errors import RasterioError

from spacenit_data.rasters.quiet import open_quietly
from spacenit_data.rasters.source import file_of, is_gdal_name, quoted

MOST = 12
"""Names shown."""


def hint_for(name: str) -> str:
    """What to do about a raster that cannot be opened."""
    path = file_of(name)
    if path is None:
        return "check the address and the network"
    if path.is_dir():
        return "it is a folder: name the rasters in it, or list them with --from-csv"
    found = _names_in(path, name)
    if found:
        more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
        return f"{path} holds {', '.join(found[:MOST])}{more}"
    if is_gdal_name(name):
        return f"check the name; `gdalinfo {path}` shows what that file holds"
    return "the file is damaged or cut short: fetch it again, or leave it out"


def _names_in(path: Path, name: str) -> list[str]:
    """What else than `name` GDAL opens of a file."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                members = [member for member in archive.namelist() if not member.endswith("/")]
            return [part for part in (f"/vsizip/{path}/{member}" for member in members) if part != name]
        if path.suffix == ".tar":
            with tarfile.open(path) as archive:
                return [f"/vsitar/{path}/{member.name}" for member in archive if member.isfile()]
        if is_gdal_name(name):
            with open_quietly(str(path)) as file:
                return [part for part in map(quoted, file.subdatasets) if part != name]
    except (OSError, RasterioError, zipfile.BadZipFile, tarfile.TarError):
        pass
    return []
