"""Open rasters, kept open while they may be read again."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from spacenit_core.errors import DataError
from spacenit_data.rasters import source
from spacenit_data.rasters.inside import hint_for
from spacenit_data.rasters.quiet import open_quietly

OPEN_FILES = 512
"""Files kept open at a time, where the system allows twice as many: a series is read in a cycle for each tile, and
GDAL keeps decoded blocks of open files only."""


class OpenRasters:
    """The files that this process (one thread of it) has open, the least recently used closed first."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, rasterio.DatasetReader] = OrderedDict()
        self._most = min(OPEN_FILES, _allowed_files() // 2)

    @contextmanager
    def get(self, name: Path | str) -> Iterator[rasterio.DatasetReader]:
        """Lend an open file.

        Args:
            name: a path, or a name that GDAL opens (see `rasters.source`).

        Raises:
            DataError: if it cannot be opened, or read while it is lent.
        """
        try:
            yield self._open(str(name))
        except RasterioError as error:
            raise DataError(f"{name} cannot be read: {error.__cause__ or error}", hint_for(str(name))) from error

    def _open(self, name: str) -> rasterio.DatasetReader:
        if name not in self._files:
            if not source.exists(name):
                raise DataError(f"{name} does not exist", "check the path, or leave the file out")
            while len(self._files) >= self._most:
                self._files.popitem(last=False)[1].close()
            self._files[name] = open_quietly(name)
        self._files.move_to_end(name)
        return self._files[name]

    def close(self) -> None:
        """Close all files."""
        while self._files:
            self._files.popitem()[1].close()


def _allowed_files() -> int:
    """How many files the system lets this process open."""
    try:
        import resource
    except ImportError:  # Windows
        return OPEN_FILES
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft > 0 else 2 * OPEN_FILES


OPEN = OpenRasters()
